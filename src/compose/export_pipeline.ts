/** A pipeline to a folder that MLflow runs as a project: made beside its place, and renamed to it. */
import { basename, dirname, join, resolve } from "node:path";
import { refuse } from "../core/error.ts";
import { fileURLToPath } from "../core/file_url.ts";
import { formatPlace } from "../core/place.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import { removeTree } from "../core/remove_tree.ts";
import { driverScript } from "../mlproject/driver_script.ts";
import { exportedMlproject, exportedPipeline } from "../mlproject/exported_pipeline.ts";
import { recorderScript } from "../mlproject/recorder_script.ts";
import { findUnsaid, type Unsaid } from "../mlproject/unsaid.ts";
import { exportEnvironments } from "./export_environments.ts";
import { valuesScript } from "../mlproject/values_script.ts";
import { findExportedFiles } from "./export_files.ts";
import { exportFunctions } from "./export_functions.ts";
import type { Session } from "./session.ts";

export interface ExportOptions {
  /** Where the project is to lie; nothing may be there but an empty folder. */
  readonly folder: string;
  /** Refuses what cannot be said. */
  readonly isStrict: boolean;
  readonly onProgress: (line: string) => void;
}

export interface Exported {
  /** Absolute. */
  readonly folder: string;
  /** Paths in it, sorted. */
  readonly files: readonly string[];
  readonly unsaid: readonly Unsaid[];
}

/**
 * Throws FOLDER_NOT_EMPTY, ARGUMENT_INVALID for a folder among the sources or for what strictness refuses,
 * GIVEN_FILE_INVALID for what lies outside of the pipeline's folder, NAME_COLLISION, and what locking throws.
 */
export async function exportPipeline(
  definition: PipelineDefinition,
  session: Session,
  options: ExportOptions,
): Promise<Exported> {
  const folder = resolve(session.workingFolder, options.folder);
  await refuseTaken(folder);
  const found = await findExportedFiles(definition, await session.digests(), await realPlace(folder));
  const environments = await exportEnvironments(definition, session, options.onProgress);
  const functions = await exportFunctions(definition);
  const unsaid = [...findUnsaid(definition), ...environments.unsaid];
  if (options.isStrict && unsaid.length > 0) refuseUnsaid(definition, unsaid);
  const texts: ReadonlyMap<string, string | Uint8Array> = new Map<string, string | Uint8Array>([
    ["MLproject", exportedMlproject(definition, environments.key)],
    [
      "pipeline.json",
      exportedPipeline(definition, {
        ...found.places,
        environment: environments.of,
        module: functions.module,
      }),
    ],
    ["run_pipeline.py", driverScript],
    ["parameter_values.py", valuesScript],
    ["record_runs.py", recorderScript],
    ...environments.files,
    ...functions.files,
  ]);
  const parent = dirname(folder);
  await Deno.mkdir(parent, { recursive: true });
  const part = await Deno.makeTempDir({ dir: parent, prefix: `.${basename(folder)}-`, suffix: ".part" });
  try {
    await Deno.chmod(part, 0o755);
    for (const [name, content] of texts) {
      await Deno.mkdir(dirname(join(part, name)), { recursive: true });
      if (typeof content === "string") await Deno.writeTextFile(join(part, name), content);
      else await Deno.writeFile(join(part, name), content);
    }
    await found.copy(part);
    // Takes the place of an empty folder, and fails where something has come into it meanwhile.
    await Deno.rename(part, folder);
  } catch (error) {
    await removeTree(part).catch(() => {});
    throw error;
  }
  return { folder, files: [...texts.keys(), ...found.names].sort(), unsaid };
}

async function refuseTaken(folder: string): Promise<void> {
  const entry = await Deno.lstat(folder).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (entry === undefined) return;
  if (entry.isDirectory && [...Deno.readDirSync(folder)].length === 0) return;
  refuse({
    code: "FOLDER_NOT_EMPTY",
    message: `Cannot export to \`${folder}\` as ${
      entry.isDirectory ? "the folder is not empty" : "that is no folder"
    }`,
    hint: "Name a folder that is not there yet, or remove it first",
  });
}

/** With what is a link on the way followed, as far as it is there. */
async function realPlace(folder: string): Promise<string> {
  const parent = dirname(folder);
  if (parent === folder) return folder;
  const real = await Deno.realPath(parent).catch(() => undefined);
  return join(real ?? await realPlace(parent), basename(folder));
}

function refuseUnsaid(definition: PipelineDefinition, unsaid: readonly Unsaid[]): never {
  refuse({
    code: "ARGUMENT_INVALID",
    message: `Cannot export pipeline "${definition.name}" strictly as an MLflow project cannot say all of it`,
    at: { file: fileURLToPath(definition.module) },
    details: unsaid.map(({ name, what, at }) => `${formatPlace(at)}: ${name}: ${what}`).join("\n"),
    hint: "Leave out `--strict`, or what is listed",
  });
}
