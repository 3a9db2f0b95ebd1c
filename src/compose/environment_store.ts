/** The user's store of environments, for those who look after it. */
import type { ProjectEnvironments } from "../environments/environments.ts";

export type { StoredEnvironment } from "../environments/environments.ts";

export async function openEnvironmentStore(
  project: string,
  variables: Readonly<Record<string, string>>,
): Promise<Pick<ProjectEnvironments, "list" | "collectGarbage">> {
  const { openEnvironments } = await import("../environments/environments.ts");
  return openEnvironments({ project, variables });
}

/** `$XDG_CACHE_HOME/sluice`, else `~/.cache/sluice`. Fails with FOLDER_NOT_WRITABLE when neither is known. */
export async function findCacheFolder(variables: Readonly<Record<string, string>>): Promise<string> {
  const { cacheFolder } = await import("../environments/environments.ts");
  return cacheFolder(variables);
}
