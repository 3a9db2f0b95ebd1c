/** The user's store of environments, for those who look after it. */
import type { ProjectEnvironments } from "../environments/environments.ts";

export type { StoredEnvironment } from "../environments/environments.ts";

/** `project` is the folder of a `sluice.lock`. Nothing is read or written yet. Fails as `findCacheFolder` does. */
export async function openEnvironmentStore(
  project: string,
  variables: Readonly<Record<string, string>>,
): Promise<Pick<ProjectEnvironments, "list" | "collectGarbage">> {
  const { openEnvironments } = await import("../environments/environments.ts");
  return openEnvironments({ project, variables });
}
