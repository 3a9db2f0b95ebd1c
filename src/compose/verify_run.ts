/** Runs a recorded plan again, with nothing kept from before, and compares what it makes with what it made. */
import { readCondaFile } from "./open_project_environments.ts";
import { cacheFolder } from "../core/cache_folder.ts";
import { dirname, join } from "node:path";
import { refuse } from "../core/error.ts";
import type { Event, Instant, StepReport } from "../core/event.ts";
import { fileURLToPath } from "../core/file_url.ts";
import type { Plan, PlannedStep } from "../core/plan.ts";
import type { Reporter } from "../core/ports/reporter.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { isSoundTier } from "../core/sandbox_tier.ts";
import { suggest } from "../core/suggest.ts";
import { type Run, tagOf, TrackingError } from "../core/tracking.ts";
import { execute, type Executed } from "../scheduler/execute.ts";
import { isOfInterruption } from "./interruption.ts";
import type { World } from "./observe_world.ts";
import { openMachineSandbox } from "./open_machine_sandbox.ts";
import { openServices } from "./open_services.ts";
import { findRunOrigin } from "./run_origin.ts";
import type { VerifiedItem } from "./verified_item.ts";
import { makeVerifyFolder, type VerifyFolder } from "./verify_folder.ts";
import { keepOutputs } from "./verify_keep.ts";
import { compareMetrics } from "./verify_metrics.ts";
import { compareStepOutputs, findRecordedOutputs } from "./verify_outputs.ts";
import { readRecordedPlan } from "./verify_plan.ts";
import { checkWorld } from "./verify_world.ts";

export interface VerifyOptions {
  readonly variables: Readonly<Record<string, string>>;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** How far numbers may be apart, as `openCloseness` has it; not at all when absent. */
  readonly tolerance?: number;
  /** Only these steps and what they need; all when absent. */
  readonly steps?: readonly string[];
  /** A folder, not there or empty, that gets the new outputs. */
  readonly keep?: string;
  readonly jobs?: number;
}

export interface Verified {
  readonly runId: string;
  readonly isSame: boolean;
  readonly items: readonly VerifiedItem[];
  readonly startedAt: Instant;
  readonly endedAt: Instant;
}

/**
 * `run` is a pipeline's, with its plan among its artifacts; `nested` are the runs of its steps.
 *
 * Nothing is written to `tracker`: steps log, and register models, in one of their own, which is removed at the end.
 * Fails with VERIFY_IMPOSSIBLE, FORMAT_NEWER, RUN_INTERRUPTED and what environments and sandboxes fail with.
 */
export async function verifyRun(
  tracker: Tracker,
  run: Run,
  nested: readonly Run[],
  options: VerifyOptions,
): Promise<Verified> {
  const startedAt = Date.now();
  if (run.info.status !== "FINISHED") {
    refuse({
      code: "VERIFY_IMPOSSIBLE",
      message: `Cannot verify run \`${run.info.id}\` as it did not finish: it is ${run.info.status}`,
      hint: "`sluice runs list` shows those that did",
    });
  }
  const plan = chosenSteps(await readRecordedPlan(tracker, run), options.steps);
  const folder = await makeVerifyFolder(cacheFolder(options.variables));
  try {
    const items = await runAgain({ tracker, run, nested, plan, folder, options });
    const isSame = items.every(({ verdict }) => verdict === "same");
    return { runId: run.info.id, isSame, items, startedAt, endedAt: Date.now() };
  } finally {
    await folder.remove();
  }
}

/** Fails with ARGUMENT_INVALID for a step that the plan has not. */
function chosenSteps(plan: Plan, names: readonly string[] | undefined): Plan {
  if (names === undefined) return plan;
  const chosen = new Set<string>();
  for (const name of names) {
    if (plan.steps.some((step) => step.name === name)) chosen.add(name);
    else {
      refuse({
        code: "ARGUMENT_INVALID",
        message: `Cannot verify step \`${name}\` as the run has none of that name`,
        hint: suggest(name, "Steps", plan.steps.map((step) => step.name)),
      });
    }
  }
  for (const step of plan.steps.toReversed()) {
    if (chosen.has(step.name)) { for (const need of step.needs) chosen.add(need); }
  }
  return { ...plan, steps: plan.steps.filter((step) => chosen.has(step.name)) };
}

interface Prepared {
  readonly tracker: Tracker;
  readonly run: Run;
  readonly nested: readonly Run[];
  readonly plan: Plan;
  readonly folder: VerifyFolder;
  readonly options: VerifyOptions;
}

async function runAgain(prepared: Prepared): Promise<VerifiedItem[]> {
  const { tracker, run, plan, folder, options } = prepared;
  const { variables, signal } = options;
  const { openEnvironments } = await import("../environments/environments.ts");
  const { openFileDigests } = await import("../cache/file_digests.ts");
  const { openSqliteTracker } = await import("../tracker/sqlite_tracker.ts");
  const environments = openEnvironments({
    readCondaFile,
    project: dirname(fileURLToPath(plan.module)),
    store: join(folder.path, "store"),
    isLocked: true,
    variables,
  });
  // What ran outside of any sandbox may need what only is there outside of it.
  const mode = plan.steps.some((step) => isSoundTier(step.sandbox)) ? "auto" : "off";
  const sandbox = openMachineSandbox(mode, variables, dirname(fileURLToPath(plan.module)));
  const digests = openFileDigests({ cache: cacheFolder(variables) });
  const own = await openSqliteTracker(join(folder.path, "mlflow.db"), { create: true, clock: Date.now });
  const world: World = {
    environments,
    digests,
    sandbox,
    variables,
    openTracker: () => Promise.resolve(tracker),
  };
  try {
    const gitCommit = run.tags.find(({ key }) => key === "mlflow.source.git.commit")?.value;
    const checked = await checkWorld(plan, world, { id: run.info.id, gitCommit });
    signal.throwIfAborted();
    const emit = (event: Event) => options.reporter.report(event);
    const { services, close } = openServices({
      tracker: own,
      environments,
      sandbox,
      files: checked.files,
      openCache: () => Promise.reject(new Error("a step that is verified is not taken from the cache")),
      emit,
      variables,
    });
    try {
      const experiment = await tracker.getExperiment(run.info.experimentId);
      const executed = await execute(checked.plan, services, {
        experiment: await own.findExperiment(experiment.name) ?? await own.createExperiment(experiment.name),
        runName: run.info.name,
        origin: findRunOrigin(plan.module),
        capacity: {
          jobs: options.jobs ?? navigator.hardwareConcurrency,
          memoryBytes: Deno.systemMemoryInfo().total,
        },
        keepGoing: true,
        useCache: false,
        workspace: join(folder.path, "steps"),
        signal,
        onRun: () => Promise.resolve(),
      });
      signal.throwIfAborted();
      const items = await compareSteps(prepared, own, executed);
      if (options.keep !== undefined) await keepOutputs(plan, executed.reports, options.keep);
      return items;
    } finally {
      await close();
    }
  } catch (error) {
    if (!signal.aborted || !isOfInterruption(error)) throw error;
    return refuse({
      code: "RUN_INTERRUPTED",
      message: `Verification of run \`${run.info.id}\` was stopped`,
    });
  } finally {
    await environments.close();
    await digests.close();
    await own.close();
  }
}

async function compareSteps(prepared: Prepared, own: Tracker, executed: Executed): Promise<VerifiedItem[]> {
  const items: VerifiedItem[] = [];
  const reports = new Map(executed.reports.map((report) => [report.step, report]));
  const recorded = Map.groupBy(prepared.nested, (run) => tagOf(run, "sluice.step"));
  for (const step of prepared.plan.steps) {
    prepared.options.signal.throwIfAborted();
    const run = recorded.get(step.name)?.[0];
    items.push(...await compareStep(prepared, step, run, reports.get(step.name)!, own));
  }
  return items;
}

async function compareStep(
  { tracker, folder, options }: Prepared,
  step: PlannedStep,
  recorded: Run | undefined,
  report: StepReport,
  own: Tracker,
): Promise<VerifiedItem[]> {
  const told = (verdict: "different" | "missing", detail: string): VerifiedItem[] => [
    { step: step.name, is: "step", name: "", verdict, detail },
  ];
  if (recorded === undefined) return told("missing", "the run has no nested run of it any more");
  if (report.outcome.is !== "finished") return told("different", outcomeText(report));
  const { tolerance } = options;
  const before = await findRecordedOutputs(
    tracker,
    recorded,
    step,
    join(folder.path, "recorded", recorded.info.id),
  );
  const after = await own.getRun(report.runId);
  const made = own.artifacts.localFolder(after.info.artifactUri)!;
  const source = await findMaker(tracker, recorded);
  return [
    ...await compareStepOutputs(step, before, made, tolerance),
    ...await compareMetrics(step.name, { tracker, run: source.run }, { tracker: own, run: after }, {
      tolerance,
      counts: source.isMaker,
    }),
  ];
}

/** The run whose steps logged: of one that was taken from the cache, the one that made it. */
async function findMaker(
  tracker: Tracker,
  run: Run,
): Promise<{ readonly run: Run; readonly isMaker: boolean }> {
  const maker = tagOf(run, "sluice.cache.run");
  if (maker === undefined) return { run, isMaker: true };
  try {
    return { run: await tracker.getRun(maker), isMaker: true };
  } catch (error) {
    if (error instanceof TrackingError) return { run, isMaker: false };
    throw error;
  }
}

/** How many of the last lines of a step are told. */
const lastLines = 5;

function outcomeText({ outcome }: StepReport): string {
  switch (outcome.is) {
    case "failed": {
      const lines = outcome.lastLines.slice(-lastLines).map((line) => line.trim()).filter((line) =>
        line !== ""
      );
      return [`it fails now: ${outcome.failure.message}`, ...lines].join(" | ");
    }
    case "blocked":
      return `it was not run, as step "${outcome.step}" did not finish`;
    default:
      return `it is ${outcome.is}`;
  }
}
