/** What planning and running both need: where the tracker is, and the environments of the project. */
import { cacheFolder } from "../core/cache_folder.ts";
import { dirname } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import { unwrap } from "../core/error.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import type { Plan } from "../core/plan.ts";
import type { Cache } from "../core/ports/cache.ts";
import type { FileDigests } from "../core/ports/file_digests.ts";
import type { PlannedFiles } from "../core/ports/planned_files.ts";
import type { Sandbox } from "../core/ports/sandbox.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import type { RunOptions } from "../core/run.ts";
import type { ProjectEnvironments } from "../environments/environments.ts";
import { observe } from "../plan/observation.ts";
import { plan } from "../plan/plan.ts";
import type { ResolvedRequest } from "../plan/resolve_arguments.ts";
import { observeWorld } from "./observe_world.ts";
import { openMachineSandbox } from "./open_machine_sandbox.ts";
import { openProjectEnvironments } from "./open_project_environments.ts";
import { locateTracker, openTracker, type TrackerChoice } from "./open_tracker.ts";

export type Session = ReturnType<typeof openSession>;

/**
 * Opens nothing yet; what was opened meanwhile is closed by `close`. `lockFolder` is that of `sluice.lock`, the one of the
 * pipeline's file when absent.
 */
export function openSession(
  definition: PipelineDefinition,
  options: RunOptions & { readonly lockFolder?: string },
) {
  const workingFolder = Deno.cwd();
  const variables = Deno.env.toObject();
  const choice: Omit<TrackerChoice, "create"> = { uri: options.trackingUri, workingFolder, variables };
  let tracker: Promise<Tracker> | undefined;
  let environments: Promise<ProjectEnvironments> | undefined;
  const project = options.lockFolder ?? dirname(fileURLToPath(definition.module));
  const openCacheNow = async () => {
    const { openCache } = await import("../cache/cache.ts");
    return openCache({ cache: cacheFolder(variables), clock: Date.now, scope: definition.module });
  };
  const openDigests = async () => {
    const { openFileDigests } = await import("../cache/file_digests.ts");
    return openFileDigests({ cache: cacheFolder(variables) });
  };
  let cache: Promise<Cache> | undefined;
  let digests: Promise<FileDigests> | undefined;
  let sandbox: Sandbox | undefined;
  return {
    workingFolder,
    variables,
    location: locateTracker(choice),
    openTracker: (create: boolean) => tracker ??= openTracker({ ...choice, create }),
    environments: () => environments ??= openProjectEnvironments(project, variables, options.locked),
    cache: () => cache ??= openCacheNow(),
    digests: () => digests ??= openDigests(),
    sandbox: () => sandbox ??= openMachineSandbox(options.sandbox ?? "auto", variables, project),
    async close() {
      // What could not be opened has been told of by whoever asked for it.
      await (await environments?.catch(() => undefined))?.close();
      await (await digests?.catch(() => undefined))?.close();
      await (await cache?.catch(() => undefined))?.close();
      await (await tracker?.catch(() => undefined))?.close();
    },
  };
}

/** A plan, and the files it was made from. */
export interface Planned {
  readonly plan: Plan;
  readonly files: PlannedFiles;
}

/** Observes the world and decides. Throws what the plan fails with. */
export async function planResolved(
  definition: PipelineDefinition,
  resolved: ResolvedRequest,
  session: Session,
): Promise<Planned> {
  const { observations, files } = await observeWorld(observe(definition, resolved), {
    environments: await session.environments(),
    openTracker: () => session.openTracker(false),
    digests: await session.digests(),
    sandbox: session.sandbox(),
    variables: session.variables,
  });
  return { plan: unwrap(plan(definition, resolved, observations)), files };
}
