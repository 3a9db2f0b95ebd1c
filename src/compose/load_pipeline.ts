/** Finds the pipeline in a file. */
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "../core/file_url.ts";
import { refuse, SluiceError } from "../core/error.ts";
import { nearest } from "../core/nearest.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import { definitionOf, isPipeline } from "../dsl/pipeline.ts";

/**
 * Imports `specifier`: a file, a folder with a `pipeline.ts`, or either with `#name` for one export of several.
 *
 * Without a name: the default export, else the only pipeline among the exports.
 * Throws PIPELINE_FILE_NOT_FOUND, PIPELINE_FILE_THREW, PIPELINE_EXPORT_MISSING, PIPELINE_EXPORT_WRONG.
 */
export async function loadPipeline(specifier: string, workingFolder: string): Promise<PipelineDefinition> {
  const { file, name } = await locatePipeline(specifier, workingFolder);
  const shown = relative(workingFolder, file).startsWith("..") ? file : relative(workingFolder, file);
  const module = await importModule(file, shown);
  return definitionOf(choose(module, name, shown));
}

async function locatePipeline(specifier: string, workingFolder: string) {
  // A `#` in the name of a file or folder that is there is part of it.
  const isThere = await Deno.stat(resolve(workingFolder, specifier)).then(() => true, () => false);
  const hash = isThere ? -1 : specifier.lastIndexOf("#");
  const path = resolve(workingFolder, hash < 0 ? specifier : specifier.slice(0, hash));
  const name = hash < 0 ? undefined : specifier.slice(hash + 1);
  const info = await Deno.stat(path).catch(() => undefined);
  const file = info?.isDirectory ? join(path, "pipeline.ts") : path;
  if (info?.isFile || (info?.isDirectory && (await Deno.stat(file).catch(() => undefined))?.isFile)) {
    return { file, name };
  }
  return refuse({
    code: "PIPELINE_FILE_NOT_FOUND",
    message: `Cannot read pipeline \`${specifier}\` as there is no ${
      info?.isDirectory ? "`pipeline.ts` in that folder" : "such file"
    }`,
    hint: "Name a file such as `pipeline.ts`, or a folder that holds one; `sluice init` writes one",
  });
}

async function importModule(file: string, shown: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    return refuse({
      code: "PIPELINE_FILE_THREW",
      message: `Cannot load \`${shown}\` as it throws`,
      at: { file: shown },
      details: ownStack(error),
      hint: "Mend the file; `deno check` finds most of what is wrong in it",
    });
  }
}

/** What the user's code threw, without our frames and Deno's. */
function ownStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = new URL("../", import.meta.url).href;
  const lines = (error.stack ?? error.message).split("\n");
  return lines.filter((line) => !line.includes(own) && !/\((ext|node):/.test(line)).join("\n");
}

function choose(module: Record<string, unknown>, name: string | undefined, shown: string): unknown {
  const names = Object.keys(module).filter((key) => isPipeline(module[key]));
  if (name !== undefined) {
    if (names.includes(name)) return module[name];
    const near = nearest(name, names);
    return refuse({
      code: "PIPELINE_EXPORT_MISSING",
      message: `Cannot find pipeline \`${name}\` among the exports of \`${shown}\``,
      at: { file: shown },
      hint: near === undefined ? listed(names) : `Did you mean \`${near}\`? ${listed(names)}`,
    });
  }
  if (isPipeline(module["default"])) return module["default"];
  if (names.length === 1) return module[names[0]!];
  if (names.length > 1) {
    return refuse({
      code: "PIPELINE_EXPORT_WRONG",
      message:
        `Cannot choose among the ${names.length} pipelines of \`${shown}\` as none is the default export`,
      at: { file: shown },
      hint: `Name one, as in \`${shown}#${names[0]}\`. ${listed(names)}`,
    });
  }
  const keys = Object.keys(module);
  if (keys.length === 0) {
    return refuse({
      code: "PIPELINE_EXPORT_MISSING",
      message: `Cannot find a pipeline in \`${shown}\` as it exports nothing`,
      at: { file: shown },
      hint: "Write `export default pipeline(…)`",
    });
  }
  return refuse({
    code: "PIPELINE_EXPORT_WRONG",
    message: `Cannot find a pipeline in \`${shown}\` as it exports ${
      keys.map((key) => `\`${key}\``).join(", ")
    }, which ${keys.length === 1 ? "is" : "are"} none`,
    at: { file: shown },
    hint: "Write `export default pipeline(…)`",
  });
}

const listed = (names: readonly string[]) =>
  names.length === 0 ? "It exports none" : `It exports ${names.map((name) => `\`${name}\``).join(", ")}`;
