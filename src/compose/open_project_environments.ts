/** Opens the environments of one project. */
import type { ProjectEnvironments } from "../environments/environments.ts";

/** `project` is the folder whose `sluice.lock` counts. */
export async function openProjectEnvironments(
  project: string,
  variables: Readonly<Record<string, string>> = Deno.env.toObject(),
): Promise<ProjectEnvironments> {
  const { openEnvironments } = await import("../environments/environments.ts");
  return openEnvironments({ project, variables });
}
