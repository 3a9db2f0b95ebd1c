/** The sources of a `run` function: its module and all that it imports, as Deno resolves them. */
import { dirname, relative } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import { z } from "zod";
import { type Digest, digestValue } from "../core/digest.ts";
import { refuse } from "../core/error.ts";
import { lazySchema } from "../core/lazy_schema.ts";
import { digestFile } from "../core/file_tree.ts";
import { findDenoConfig } from "../sandbox/deno_permissions.ts";
import { sluiceRoot, sluiceVersion } from "./version.ts";

const DenoInfo = lazySchema(() =>
  z.object({
    modules: z.array(z.object({ specifier: z.string(), error: z.string().optional() })),
    npmPackages: z.record(z.string(), z.unknown()).optional(),
  })
);

/**
 * Over: the path of each local module, relative to the first, with its content; the npm packages with their exact
 * versions; the specifiers of remote modules; the version of sluice, which stands for its own modules.
 */
export async function digestModules(module: string): Promise<Digest> {
  const info = await readModuleGraph(module);
  const folder = dirname(fileURLToPath(module));
  const parts = await Promise.all(info.modules.map(async ({ specifier, error }) => {
    if (specifier.startsWith(sluiceRoot)) return [];
    if (!specifier.startsWith("file:")) return [specifier];
    if (error !== undefined) return [`${specifier} ${error}`];
    const path = fileURLToPath(specifier);
    return [`${relative(folder, path)} ${await digestFile(path)}`];
  }));
  return digestValue({
    modules: parts.flat().sort(),
    packages: Object.keys(info.npmPackages ?? {}).sort(),
    sluice: sluiceVersion,
  });
}

async function readModuleGraph(module: string): Promise<z.infer<typeof DenoInfo>> {
  const path = fileURLToPath(module);
  const config = findDenoConfig(dirname(path));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-lock", ...(config === undefined ? [] : ["--config", config]), module],
    stdin: "null",
  }).output();
  if (success) return DenoInfo.parse(JSON.parse(new TextDecoder().decode(stdout)));
  return refuse({
    code: "PIPELINE_FILE_THREW",
    message: `Cannot read what \`${path}\` imports`,
    details: new TextDecoder().decode(stderr),
  });
}
