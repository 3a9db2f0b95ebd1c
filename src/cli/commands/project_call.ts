/** Whether `sluice run` is asked for an MLflow project, and its arguments then. */
import { join, resolve } from "node:path";
import { unwrap } from "../../core/error.ts";
import { isFileThere, isFolderThere } from "../../core/is_there.ts";
import { collectOptions, findOption, valueOf } from "../../terminal/option_values.ts";
import { entryPointOption, runOptions } from "../../terminal/run_flags.ts";
import { type ProjectFlags, projectRunOptions, readProjectFlags } from "../../terminal/project_flags.ts";
import { readArguments } from "../../terminal/read_arguments.ts";
import { findMlproject } from "../../compose/find_mlproject.ts";
import { findPipelineFile } from "./pipeline_file.ts";

export type ProjectCall =
  | { readonly is: "run"; readonly uri: string; readonly entryPoint: string; readonly flags: ProjectFlags }
  | { readonly is: "help"; readonly uri: string };

/**
 * Undefined for a pipeline: a file, or a folder with a `pipeline.ts`. A project is a folder with an MLproject, any folder
 * whose entry point is a script, and what has a scheme. Fails with FLAG_UNKNOWN and ARGUMENT_INVALID.
 */
export async function findProjectCall(
  argv: readonly string[],
  workingFolder: string,
): Promise<ProjectCall | undefined> {
  const { file: named, asksForHelp } = findPipelineFile(argv, projectRunOptions);
  // A letter may take a value in one table and none in the other.
  const isNamed = named !== undefined || findPipelineFile(argv, runOptions).file !== undefined;
  if (named === undefined && (isNamed || asksForHelp)) return undefined;
  const file = named ?? ".";
  if (!await isProject(file, argv, workingFolder)) return undefined;
  if (asksForHelp) return { is: "help", uri: file };
  const read = readArguments(argv, findOption(projectRunOptions));
  const values = unwrap(collectOptions(read, projectRunOptions));
  const [uri = ".", positional] = read.flatMap((argument) =>
    argument.is === "positional" ? argument.text : []
  );
  const entryPoint = valueOf(values, entryPointOption.name) ?? positional ?? "main";
  return { is: "run", uri, entryPoint, flags: unwrap(readProjectFlags(values)) };
}

/** What is not there is told of as a pipeline that is not there. */
async function isProject(uri: string, argv: readonly string[], workingFolder: string): Promise<boolean> {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\/|^[^/@]+@[^/:]+:|.\.zip(#|$)/.test(uri)) return true;
  const folder = resolve(workingFolder, uri.split("#")[0]!);
  if (!await isFolderThere(folder) || await isFileThere(join(folder, "pipeline.ts"))) return false;
  return await findMlproject(join(folder, uri.split("#")[1] ?? "")) !== undefined || asksForProject(argv);
}

/** What no pipeline has: a script for an entry point, a version of git. */
const asksForProject = (argv: readonly string[]): boolean =>
  readArguments(argv, findOption(projectRunOptions)).some((argument) =>
    argument.is === "option" &&
    (argument.of.name === "version" || argument.of === entryPointOption && /\.(py|sh|R)$/.test(argument.text))
  );
