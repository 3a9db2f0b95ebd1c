/** Compose: hands the rooms to each other. This file: from a request to a finished run. */
import { join } from "node:path";
import type { Cause } from "../core/cause.ts";
import type { Plan } from "../core/plan.ts";
import { type Failure, placed, unwrap } from "../core/error.ts";
import type { Event, RunStatus, StepReport } from "../core/event.ts";
import type { PipelineDefinition } from "../core/pipeline.ts";
import { inside } from "../core/place.ts";
import type { Environments } from "../core/ports/environments.ts";
import type { Reporter } from "../core/ports/reporter.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import type { RunOptions, RunOutcome, RunRequest } from "../core/run.ts";
import type { Experiment } from "../core/tracking.ts";
import { resolveArguments, type ResolvedRequest } from "../plan/resolve_arguments.ts";
import { execute, type Executed } from "../scheduler/execute.ts";
import { describeEnvironment, reportEnvironment } from "../scheduler/report_environment.ts";
import type { Capacity } from "../scheduler/ready_steps.ts";
import { findOrCreateExperiment } from "./find_experiment.ts";
import { openServices } from "./open_services.ts";
import { preloadTracker, workspaceFolder } from "./open_tracker.ts";
import { outcomeOf } from "./outcome.ts";
import { findRunOrigin } from "./run_origin.ts";
import type { RunOrigin } from "../scheduler/run_record.ts";
import { refuseRun } from "./refuse_run.ts";
import { ownRun, type RunOwner } from "./run_owner.ts";
import { mendRuns } from "./mend_runs.ts";
import { openSession, type Planned, planResolved, type Session } from "./session.ts";

export interface ExecuteRequestOptions extends RunOptions {
  readonly reporter: Reporter;
  /** Told, when the run has ended, why each step was executed that ran before and could have been cached. */
  readonly onCauses?: (causes: ReadonlyMap<string, readonly Cause[]>) => void;
  /** Instead of what the pipeline's file says of itself. */
  readonly origin?: RunOrigin;
  /** Where to log to; that of the experiment's name, else of the pipeline's, when absent. */
  readonly findExperiment?: (tracker: Tracker) => Promise<Experiment>;
  /** Of `sluice.lock`; the folder of the pipeline's file when absent. */
  readonly lockFolder?: string;
  /** Told the plan and what became of its steps, when the run has ended. */
  readonly onEnded?: (plan: Plan, reports: readonly StepReport[]) => Promise<void>;
}

/** What became of a run. `failure` is why it did not finish. */
export interface Ended {
  readonly status: RunStatus;
  readonly outcome: RunOutcome;
  readonly failure?: Failure;
}

/** Plans and runs. Throws a `SluiceError` for what is wrong before the run begins; a step's failure is in what it returns. */
export async function executeRequest(
  definition: PipelineDefinition,
  request: RunRequest,
  options: ExecuteRequestOptions,
): Promise<Ended> {
  return await executeResolved(
    definition,
    unwrap(resolveArguments(definition, request, Deno.cwd())),
    options,
  );
}

/** The same for a request whose parameters are known. */
export async function executeResolved(
  definition: PipelineDefinition,
  resolved: ResolvedRequest,
  options: ExecuteRequestOptions,
): Promise<Ended> {
  const session = openSession(definition, options);
  try {
    preloadTracker(session.location);
    if (options.locked) {
      const { checkLocked } = await import("./lock_check.ts");
      await checkLocked(definition, session);
    } else {
      await lockEnvironments(
        resolved,
        session.environments,
        (event) => options.reporter.report(event),
        options.signal,
      );
    }
    const planned = await planResolved(definition, resolved, session);
    // Not before: what is refused until here leaves no file behind.
    const tracker = await session.openTracker(true);
    const workspace = workspaceFolder(session.location, session.workingFolder);
    if (await mendRuns(workspace, () => Promise.resolve(tracker), Date.now())) {
      (await session.cache()).clearLeftovers();
    }
    return await executePlan(planned, { definition, session, tracker, workspace, options });
  } catch (error) {
    return refuseRun(error, {
      entryPoint: resolved.entryPoint,
      signal: options.signal,
      choices: "--experiment-name and --run-name choose other names",
    });
  } finally {
    await session.close();
  }
}

interface Prepared {
  readonly definition: PipelineDefinition;
  readonly session: Session;
  readonly tracker: Tracker;
  readonly workspace: string;
  readonly options: ExecuteRequestOptions;
}

async function executePlan({ plan, files }: Planned, prepared: Prepared): Promise<Ended> {
  const { definition, session, tracker, workspace, options } = prepared;
  let failure: Failure | undefined;
  const emit = (event: Event) => {
    if (event.is === "run-ended") failure = event.failure;
    options.reporter.report(event);
  };
  const { services, close } = openServices({
    tracker,
    environments: await session.environments(),
    sandbox: session.sandbox(),
    files,
    openCache: session.cache,
    emit,
    variables: session.variables,
  });
  const experiment = options.findExperiment === undefined
    ? await findOrCreateExperiment(tracker, options.experimentName ?? definition.name)
    : await options.findExperiment(tracker);
  let owner: RunOwner | undefined;
  let executed: Executed | undefined;
  try {
    executed = await execute(plan, services, {
      experiment,
      runName: options.runName ?? `${definition.name}/${plan.entryPoint}`,
      origin: options.origin ?? findRunOrigin(definition.module),
      capacity: machineCapacity(options.jobs),
      keepGoing: options.keepGoing ?? false,
      useCache: options.useCache ?? true,
      workspace: join(workspace, "steps"),
      signal: options.signal ?? new AbortController().signal,
      onRun: async (runId) => {
        await owner?.release();
        owner = await ownRun(workspace, runId, tracker.uri);
      },
    });
  } finally {
    await close();
    // After a bug the run is left to the next start, which ends what still stands as RUNNING.
    if (executed === undefined || executed.reports.some(isOfSurroundings)) owner?.abandon();
    else await owner?.release();
  }
  // A step's run may stand as RUNNING as it could not be recorded otherwise; where it still cannot, the next start does it.
  if (executed.reports.some(isOfSurroundings)) {
    await mendRuns(workspace, () => Promise.resolve(tracker), Date.now()).catch(() => {});
  }
  await options.onEnded?.(plan, executed.reports);
  if (options.onCauses !== undefined) {
    const { explainExecuted } = await import("./forecast_plan.ts");
    options.onCauses(await explainExecuted(plan, executed.reports, session, options));
  }
  const outcome = outcomeOf(plan, executed, experiment.id);
  return { status: executed.status, outcome, ...(failure === undefined ? {} : { failure }) };
}

/** A step that failed by no fault of its own: what surrounds it could not be written or read. */
const isOfSurroundings = ({ outcome }: StepReport): boolean =>
  outcome.is === "failed" && /^(CACHE|DISK|FOLDER|SYSTEM|TRACKER)_/.test(outcome.failure.code);

/** An environment without a lock gets one before planning, so that every key of a run names an exact environment. */
async function lockEnvironments(
  resolved: ResolvedRequest,
  open: () => Promise<Environments>,
  emit: (event: Event) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const uses = new Map(resolved.reach.steps.map((use) => [JSON.stringify(use.definition.environment), use]));
  const environments = await open();
  for (const use of uses.values()) {
    const spec = use.definition.environment;
    if (spec.kind === "deno" || spec.kind === "host" || (await environments.observe(spec)).is === "locked") {
      continue;
    }
    await reportEnvironment(
      describeEnvironment(spec),
      { clock: Date.now, emit },
      (onProgress) =>
        environments.prepare(spec, { signal: signal ?? new AbortController().signal, onProgress }),
    ).catch((error) => {
      throw placed(error, inside(use.place, `step "${use.name}"`));
    });
  }
}

function machineCapacity(jobs: number | undefined): Capacity {
  return { jobs: jobs ?? navigator.hardwareConcurrency, memoryBytes: Deno.systemMemoryInfo().total };
}
