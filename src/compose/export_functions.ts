/** The `run` functions of a pipeline as one module that needs nothing but Deno. */
import { dirname, join } from "node:path";
import { findDenoConfig } from "../sandbox/deno_permissions.ts";
import { fileURLToPath } from "../core/file_url.ts";
import { refuse } from "../core/error.ts";
import type { PipelineDefinition, StepUse } from "../core/pipeline.ts";
import { sluiceRoot } from "./version.ts";

export interface ExportedFunctions {
  readonly files: readonly (readonly [string, string])[];
  module(use: StepUse): string;
}

const fileName = (module: number): string => `functions-${module}.js`;

/** Each module that defines such steps with all it imports, and what calls them. Fails with PIPELINE_FILE_THREW. */
export async function exportFunctions(definition: PipelineDefinition): Promise<ExportedFunctions> {
  const modules = [
    ...new Set(
      definition.steps.filter((use) => use.definition.body.is === "function")
        .map((use) => use.definition.module),
    ),
  ];
  const files: (readonly [string, string])[] = [];
  for (const [index, module] of modules.entries()) files.push([fileName(index), await bundle(module)]);
  return { files, module: (use) => fileName(modules.indexOf(use.definition.module)) };
}

async function bundle(module: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-export-" });
  try {
    const entry = join(folder, "functions.ts");
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const child = new URL(`dsl/function_child.${extension}`, sluiceRoot).href;
    await Deno.writeTextFile(
      entry,
      `import ${JSON.stringify(module)};\nimport ${JSON.stringify(child)};\n`,
    );
    const config = findDenoConfig(dirname(fileURLToPath(module)));
    const output = join(folder, "functions.js");
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["bundle", "--quiet", "--no-check", "--no-lock", "--platform", "deno", "--minify", "--keep-names"],
        ...(config === undefined ? [] : ["--config", config]),
        ...["--output", output, entry],
      ],
      stdin: "null",
      stdout: "null",
      env: { NO_COLOR: "1" },
    }).output();
    if (success) return await Deno.readTextFile(output);
    return refuse({
      code: "PIPELINE_FILE_THREW",
      message: `Cannot put the functions of \`${fileURLToPath(module)}\` into one module`,
      details: new TextDecoder().decode(stderr),
      hint: "`deno bundle` reads them; it needs the package registry the first time",
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
