/** Opens the environments of one project. */
import type { CondaSpec } from "../core/environment.ts";
import { refuse } from "../core/error.ts";
import { isSystemError } from "../core/system_error.ts";
import type { ProjectEnvironments } from "../environments/environments.ts";

/** `project` is the folder whose `sluice.lock` counts; `isLocked`: what it does not name is refused, not resolved. */
export async function openProjectEnvironments(
  project: string,
  variables: Readonly<Record<string, string>> = Deno.env.toObject(),
  isLocked = false,
): Promise<ProjectEnvironments> {
  const { openEnvironments } = await import("../environments/environments.ts");
  return openEnvironments({ project, variables, isLocked, readCondaFile });
}

/** Throws PROJECT_FILE_INVALID for what conda would not read, and ENVIRONMENT_INVALID where nothing is. */
export async function readCondaFile(path: string): Promise<CondaSpec> {
  const { condaSpec, readCondaEnv } = await import("../mlproject/read_conda_env.ts");
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return refuse({
      code: "ENVIRONMENT_INVALID",
      message: `Cannot read the environment file \`${path}\`: ${error.message}`,
      at: { file: path },
      hint: "Name a conda.yaml beside the module",
    });
  }
  return condaSpec(readCondaEnv(text, path));
}
