/** Opens the environments of one project. */
import type { Environments } from "../core/ports.ts";

/** `project` is the folder whose `sluice.lock` counts. */
export async function openProjectEnvironments(
  project: string,
  variables: Readonly<Record<string, string>> = Deno.env.toObject(),
): Promise<Environments> {
  const { openEnvironments } = await import("../environments/environments.ts");
  return openEnvironments({ project, variables });
}
