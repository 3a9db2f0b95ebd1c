/** Compose: hands the rooms to each other. This file: from a request to a finished run, or to a plan. */
import { availableParallelism, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { refuse, SluiceError, unwrap } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import type { Plan } from "../core/plan.ts";
import type { Environments, Reporter, Tracker } from "../core/ports.ts";
import type { RunOptions, RunOutcome, RunRequest } from "../core/run.ts";
import type { Experiment } from "../core/tracking.ts";
import { observe } from "../plan/observation.ts";
import { plan } from "../plan/plan.ts";
import { resolveArguments, type ResolvedRequest } from "../plan/resolve_arguments.ts";
import type { ProjectEnvironments } from "../environments/environments.ts";
import type { Executed } from "../scheduler/execute.ts";
import { observeWorld } from "./observe_world.ts";
import { openProjectEnvironments } from "./open_project_environments.ts";
import { locateTracker, openTracker, type TrackerChoice, workspaceFolder } from "./open_tracker.ts";
import { outcomeOf } from "./outcome.ts";

export interface ExecuteRequestOptions extends RunOptions {
  readonly reporter: Reporter;
}

/** What became of a run: `outcome` when it finished. */
export interface Ended {
  readonly status: Executed["status"];
  readonly outcome: RunOutcome;
  readonly failure?: SluiceError["failure"];
}

/** Nobody watches: for runs started from a program. */
export const silentReporter: Reporter = { report: () => {}, close: () => Promise.resolve() };

/** Plans and runs. Throws a `SluiceError` for what is wrong before the run begins; a step's failure is in what it returns. */
export async function executeRequest(
  definition: PipelineDefinition,
  request: RunRequest,
  options: ExecuteRequestOptions,
): Promise<Ended> {
  const session = openSession(definition, options);
  const resolved = unwrap(resolveArguments(definition, request, session.workingFolder));
  const { reporter } = options;
  let last: Event | undefined;
  const emit = (event: Event) => reporter.report(last = event);
  try {
    const tracker = await session.openTracker(true);
    const workspace = workspaceFolder(session.location, session.workingFolder);
    const { mendRuns, ownRun } = await import("./run_owner.ts");
    await mendRuns(workspace, () => Promise.resolve(tracker), Date.now());
    await lockEnvironments(resolved, session.environments, emit, options.signal);
    const made = await planResolved(definition, resolved, session);
    const { execute } = await import("../scheduler/execute.ts");
    const services = await session.openServices(tracker, emit);
    let owner: { release(): Promise<void> } | undefined;
    try {
      const executed = await execute(made, services.services, {
        experiment: await findOrCreateExperiment(tracker, options.experimentName ?? definition.name),
        runName: options.runName ?? `${definition.name}/${made.entryPoint}`,
        origin: await (await import("./run_origin.ts")).findRunOrigin(definition.module),
        capacity: { jobs: options.jobs ?? availableParallelism(), memoryBytes: totalmem() },
        keepGoing: options.keepGoing ?? false,
        workspace: join(workspace, "steps"),
        signal: options.signal ?? new AbortController().signal,
        onRun: async (runId) => void (owner = await ownRun(workspace, runId)),
      });
      const outcome = outcomeOf(made, executed, await experimentIdOf(tracker, executed.runId));
      return {
        status: executed.status,
        outcome,
        ...(last?.is === "run-ended" && last.failure ? { failure: last.failure } : {}),
      };
    } finally {
      await services.close();
      await owner?.release();
    }
  } finally {
    await session.close();
  }
}

/** The plan for a request, without making or running anything; needs no tracker but for registered models. */
export async function planRequest(
  definition: PipelineDefinition,
  request: RunRequest,
  options: RunOptions,
): Promise<Plan> {
  const session = openSession(definition, options);
  try {
    const resolved = unwrap(resolveArguments(definition, request, session.workingFolder));
    return await planResolved(definition, resolved, session);
  } finally {
    await session.close();
  }
}

type Session = ReturnType<typeof openSession>;

function openSession(definition: PipelineDefinition, options: RunOptions) {
  const workingFolder = Deno.cwd();
  const variables = Deno.env.toObject();
  const choice: Omit<TrackerChoice, "create"> = { uri: options.trackingUri, workingFolder, variables };
  let tracker: Promise<Tracker> | undefined;
  let environments: Promise<ProjectEnvironments> | undefined;
  const project = dirname(fileURLToPath(definition.module));
  return {
    workingFolder,
    location: locateTracker(choice),
    openTracker: (create: boolean) => tracker ??= openTracker({ ...choice, create }),
    environments: () => environments ??= openProjectEnvironments(project, variables),
    async openServices(tracker: Tracker, emit: (event: Event) => void) {
      const { openServices } = await import("./open_services.ts");
      return openServices({ tracker, environments: await this.environments(), emit, variables });
    },
    async close() {
      (await environments)?.close();
      await (await tracker)?.close();
    },
  };
}

async function planResolved(
  definition: PipelineDefinition,
  resolved: ResolvedRequest,
  session: Session,
): Promise<Plan> {
  const observations = await observeWorld(observe(definition, resolved), {
    environments: await session.environments(),
    openTracker: () => session.openTracker(false),
  });
  return unwrap(plan(definition, resolved, observations));
}

/** An environment without a lock gets one before planning, so that every key of a run names an exact environment. */
async function lockEnvironments(
  resolved: ResolvedRequest,
  open: () => Promise<Environments>,
  emit: (event: Event) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const specs = new Map(
    resolved.reach.steps.map((
      use,
    ) => [JSON.stringify(use.definition.environment), use.definition.environment]),
  );
  const environments = await open();
  for (const spec of specs.values()) {
    if (spec.kind !== "python" || (await environments.observe(spec)).is === "locked") continue;
    const environment = spec.version === undefined ? spec.kind : `${spec.kind} ${spec.version}`;
    const startedAt = Date.now();
    const ready = await environments.prepare(spec, {
      signal: signal ?? new AbortController().signal,
      onProgress: (progress) => emit({ is: "environment-progress", at: Date.now(), environment, progress }),
    });
    const tookMs = Date.now() - startedAt;
    emit({ is: "environment-ready", at: Date.now(), environment, isNew: ready.isNew, tookMs });
  }
}

async function findOrCreateExperiment(tracker: Tracker, name: string): Promise<Experiment> {
  const found = await tracker.findExperiment(name);
  if (found === undefined) return await tracker.createExperiment(name);
  if (found.lifecycleStage === "active") return found;
  return refuse({
    code: "TRACKER_REFUSED",
    message: `Cannot log to experiment "${name}" as it is deleted`,
    hint: `Restore it with \`mlflow experiments restore -x ${found.id}\`, or pass another --experiment-name`,
  });
}

async function experimentIdOf(tracker: Tracker, runId: string): Promise<string> {
  return (await tracker.getRun(runId)).info.experimentId;
}
