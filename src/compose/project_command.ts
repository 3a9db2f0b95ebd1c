/** Runs the MLflow project that the command line asked for. */
import { basename } from "node:path";
import { cacheFolder } from "../core/cache_folder.ts";
import { refuse } from "../core/error.ts";
import type { ProjectFlags } from "../terminal/project_flags.ts";
import { openProjectReporter, openReporter } from "../terminal/reporter.ts";
import { projectHelp, type ProjectHelpOptions } from "../terminal/project_help.ts";
import type { TextSink } from "../terminal/text_sink.ts";
import { exitCodeOfRun } from "./exit_code_of_run.ts";
import { locateProject } from "./locate_project.ts";
import { runProject } from "./run_project.ts";

/** Gives the exit code. Throws a `SluiceError` for what is wrong before a run begins. */
export async function projectCommand(uri: string, entryPoint: string, flags: ProjectFlags): Promise<number> {
  const { parameters, backendConfig, ...options } = flags;
  return await exitCodeOfRun(async (signal) => {
    if (backendConfig?.endsWith(".json")) await requireJson(backendConfig);
    return await runProject({ uri, entryPoint, parameters }, {
      ...options,
      signal,
      openReporter: (shows) => shows === "steps" ? openReporter(flags) : openProjectReporter(flags),
    });
  });
}

/** This machine has no settings; a file that is none is told of all the same, as MLflow does. */
async function requireJson(path: string): Promise<void> {
  try {
    JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    refuse({
      code: "ARGUMENT_INVALID",
      message: `Cannot read \`--backend-config ${path}\`: ${why}`,
      hint: "Name a file of JSON, or leave it out: this machine has no settings",
    });
  }
}

/** Writes the help of a project. Throws PROJECT_NOT_FOUND and PROJECT_FILE_INVALID. */
export async function showProjectHelp(
  uri: string,
  workingFolder: string,
  sink: TextSink,
  help: Omit<ProjectHelpOptions, "name">,
): Promise<void> {
  const variables = Deno.env.toObject();
  const { project, folder, remove } = await locateProject(uri, {
    workingFolder,
    variables,
    cache: () => cacheFolder(variables),
    signal: new AbortController().signal,
  });
  await remove();
  sink.write(projectHelp(project, { ...help, name: project.name ?? basename(folder) }));
}
