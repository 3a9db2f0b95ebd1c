/** Writes a `pipeline.ts` that does what an MLflow project or a dvc.yaml does. */
import { basename, dirname, join, resolve } from "node:path";
import { refuse } from "../core/error.ts";
import { isFileThere } from "../core/is_there.ts";
import { showValue } from "../core/parameter.ts";
import { type LocatedProject, type LocateOptions, locateProject } from "./locate_project.ts";
import { type ImportedFileName, readImportedModule } from "./read_imported.ts";
import { writeImported, writeImportedCopy } from "./write_imported.ts";

export interface ImportRequest {
  /** A folder, an address of git or an archive, as of `sluice run`; or the path of an `MLproject` or a `dvc.yaml`. */
  readonly uri: string;
  /** Where to write, as typed; `pipeline.ts` in the project's folder, or in a new one for what is fetched. */
  readonly output?: string;
  /** Whether a file that is there is written over. */
  readonly isForced: boolean;
  /** Where the packages of a conda.yaml are from; absent: from PyPI where a channel cannot be reached. */
  readonly environmentManager?: "conda" | "uv";
  /** The text of a deno.json that finds sluice, for where there is none. */
  readonly settings: string;
}

/** What was written. */
export interface Imported {
  /** Absolute, the pipeline first. */
  readonly files: readonly string[];
  /** The file that it was made of. */
  readonly origin: string;
  /** What is other than it was there, and what is left out; the module says the same. */
  readonly notes: readonly string[];
  readonly steps: readonly string[];
}

/**
 * Nothing of the project runs. The pipeline lies where the project's files do: a project that is fetched, or whose pipeline is
 * to lie elsewhere, is copied into the pipeline's folder, which must be new or empty.
 *
 * Throws PROJECT_NOT_FOUND, PROJECT_FILE_INVALID, FOLDER_NOT_EMPTY and FOLDER_NOT_WRITABLE; then nothing is written.
 */
export async function importProject(request: ImportRequest, options: LocateOptions): Promise<Imported> {
  const { uri, only } = await splitFile(request.uri);
  const located = await locateProject(uri, options);
  try {
    const module = await readImportedModule(
      located,
      { folderName: nameOfPlace(uri, located.folder), uri, only, manager: request.environmentManager },
      options,
    );
    const place = findPlace(request, uri, located, options.workingFolder);
    const { writePipelineModule } = await import("../mlproject/write_pipeline_module.ts");
    const text = writePipelineModule(module);
    const files = place.isCopy
      ? await writeImportedCopy(located.folder, place.path, text, request, options)
      : await writeImported(place.path, text, request, options);
    return {
      files,
      origin: module.origin,
      notes: [...module.notes, ...module.steps.flatMap(({ notes }) => notes)],
      steps: module.steps.map(({ name }) => name),
    };
  } finally {
    await located.remove();
  }
}

/** The file that was named in the place of its folder. */
async function splitFile(
  uri: string,
): Promise<{ readonly uri: string; readonly only?: ImportedFileName }> {
  const name = basename(uri);
  const only: ImportedFileName | undefined = name === "dvc.yaml"
    ? "dvc.yaml"
    : name.toLowerCase() === "mlproject" && await isFileThere(uri)
    ? "MLproject"
    : undefined;
  return only === undefined ? { uri } : { uri: dirname(uri), only };
}

/** `project` of `https://host/group/project.git`, `project.zip` and a folder of that name. */
function nameOfPlace(uri: string, folder: string): string {
  if (!/:|\.zip(#|$)/.test(uri)) return basename(folder);
  const [path = "", below = ""] = uri.split("#");
  return basename(below === "" ? path.replace(/\/+$/, "").replace(/\.(git|zip)$/, "") : below) || "project";
}

interface Place {
  readonly path: string;
  /** The project's files go there as well. */
  readonly isCopy: boolean;
}

function findPlace(
  { output }: ImportRequest,
  uri: string,
  { folder, lockFolder }: LocatedProject,
  workingFolder: string,
): Place {
  const isOwn = folder === lockFolder;
  if (output === undefined) {
    return isOwn
      ? { path: join(folder, "pipeline.ts"), isCopy: false }
      : { path: join(workingFolder, nameOfPlace(uri, folder), "pipeline.ts"), isCopy: true };
  }
  const path = resolve(workingFolder, output);
  if (!/\.ts$/.test(path)) {
    refuse({
      code: "ARGUMENT_INVALID",
      message: `Cannot write \`${showValue(output)}\` as the name of a module ends in \`.ts\``,
      hint: "Such as `-o pipeline.ts`",
    });
  }
  const target = dirname(path);
  if (isOwn && target === folder) return { path, isCopy: false };
  if (isOwn && target.startsWith(`${folder}/`)) {
    refuse({
      code: "ARGUMENT_INVALID",
      message: `Cannot write \`${showValue(output)}\` as that is a folder within the project`,
      hint: "A pipeline lies in the folder in which its commands run: leave `-o` out, or name a new folder",
    });
  }
  return { path, isCopy: true };
}
