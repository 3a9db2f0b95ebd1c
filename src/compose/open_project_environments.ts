/** Opens the environments of one project. */
import type { ProjectEnvironments } from "../environments/environments.ts";

/** `project` is the folder whose `sluice.lock` counts; `isLocked`: what it does not name is refused, not resolved. */
export async function openProjectEnvironments(
  project: string,
  variables: Readonly<Record<string, string>> = Deno.env.toObject(),
  isLocked = false,
): Promise<ProjectEnvironments> {
  const { openEnvironments } = await import("../environments/environments.ts");
  return openEnvironments({ project, variables, isLocked });
}
