/** The user's store of environments, for those who look after it. */
import type { ProjectEnvironments } from "../environments/environments.ts";

export type { StoredEnvironment } from "../environments/environments.ts";

/** Throws FOLDER_NOT_WRITABLE where the user has no cache folder. */
export async function openEnvironmentStore(
  project: string,
  variables: Readonly<Record<string, string>>,
): Promise<Pick<ProjectEnvironments, "list" | "collectGarbage">> {
  const { openEnvironments } = await import("../environments/environments.ts");
  return openEnvironments({ project, variables });
}
