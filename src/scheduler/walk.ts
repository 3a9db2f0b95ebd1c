/** Walks a plan: starts what is ready, takes what is kept, and tells of each step once its end is on disk. */
import { type Event, isDone, type StepOutcome, type StepReport } from "../core/event.ts";
import type { Plan, PlannedStep } from "../core/plan.ts";
import { takeInPlace } from "./cached_step.ts";
import { executeStep } from "./execute_step.ts";
import { type Capacity, openQueue } from "./ready_steps.ts";
import type { RunContext } from "./run_context.ts";
import type { Services } from "./services.ts";
import type { StepEnd } from "./step_end.ts";

export interface WalkOptions {
  readonly capacity: Capacity;
  /** Go on with what does not need a failed step. */
  readonly keepGoing: boolean;
}

/** How the steps of a plan ended, in its order. */
export interface Walked {
  readonly outcomes: readonly StepOutcome[];
  /** Rejects when one of them cannot be recorded. */
  readonly reports: Promise<StepReport[]>;
}

/** How long steps are taken one after the other before others get their turn. */
const turnMs = 30;

/**
 * Runs every step it can. After a failure nothing new is started, unless `keepGoing`, and what runs may finish.
 *
 * Resolves when no step runs and the tracker has been asked for all there is to record; the reports then follow as that is
 * on disk. A step's dependants do not wait for the disk. A bug, or a tracker that fails, stops all steps before it goes on.
 */
export async function walk(plan: Plan, options: WalkOptions, context: RunContext): Promise<Walked> {
  const { services } = context;
  const queue = openQueue(plan.steps);
  const reports = new Map<string, StepReport>();
  const recording: Promise<void>[] = [];
  const closing: Promise<void>[] = [];
  const arrived: { readonly step: PlannedStep; readonly end: StepEnd }[] = [];
  const bug = new AbortController();
  const stepContext = { ...context, signal: AbortSignal.any([context.signal, bug.signal]) };
  let running = 0;
  let failedStep: string | undefined;
  let broken: { readonly error: unknown } | undefined;
  let wake = () => {};

  const ended = (report: StepReport): Event => ({ is: "step-ended", at: services.clock(), ...report });
  const stop = (error: unknown) => {
    broken ??= { error };
    bug.abort();
    wake();
  };
  const take = (report: StepReport) => {
    reports.set(report.step, report);
    if (!isDone(report.outcome)) failedStep ??= report.step;
  };
  const settle = (step: PlannedStep, { report, closed, recorded }: StepEnd) => {
    take(report);
    services.emitWhen(recorded.then(ended));
    recording.push(recorded.then(take, stop));
    if (closed !== undefined) closing.push(closed.then(take, () => {}));
    for (const { step: blocked, lacks } of queue.end(step, isDone(report.outcome) ? "finished" : "stopped")) {
      const unstarted = unstartedReport(blocked, { is: "blocked", step: lacks }, services);
      reports.set(blocked.name, unstarted);
      services.emit(ended(unstarted));
    }
  };
  const launch = (step: PlannedStep, taking: Promise<StepEnd | undefined> | undefined) => {
    running++;
    const ending = async () => await taking ?? await executeStep(step, reports, stepContext);
    ending().then((end) => arrived.push({ step, end }), stop).finally(() => {
      running--;
      wake();
    });
  };
  const mayStart = () =>
    broken === undefined && !context.signal.aborted && (failedStep === undefined || options.keepGoing);
  const startReady = async () => {
    let since = performance.now();
    while (mayStart()) {
      const ready = queue.start(options.capacity);
      if (ready.length === 0) return;
      for (const step of ready) {
        const taken = takeInPlace(step, reports, stepContext);
        if (taken === undefined || taken instanceof Promise) launch(step, taken);
        else settle(step, taken);
      }
      if (performance.now() - since < turnMs) continue;
      await new Promise((resolve) => setTimeout(resolve));
      since = performance.now();
    }
  };

  for (;;) {
    await startReady();
    context.cachedRuns.flush();
    if (running === 0 && arrived.length === 0) break;
    if (arrived.length === 0) await new Promise<void>((resolve) => wake = resolve);
    for (const { step, end } of arrived.splice(0)) settle(step, end);
  }
  context.keeper.hurry();
  await Promise.all(closing);
  if (broken !== undefined) throw broken.error;
  const isKilled = context.signal.aborted || failedStep === undefined;
  for (const step of queue.waiting()) {
    const outcome = isKilled ? { is: "killed" as const } : { is: "blocked" as const, step: failedStep! };
    const unstarted = unstartedReport(step, outcome, services);
    reports.set(step.name, unstarted);
    services.emit(ended(unstarted));
  }
  const inOrder = () => plan.steps.map((step) => reports.get(step.name)!);
  return {
    outcomes: inOrder().map(({ outcome }) => outcome),
    reports: Promise.all(recording).then(() => {
      if (broken !== undefined) throw broken.error;
      return inOrder();
    }),
  };
}

function unstartedReport(step: PlannedStep, outcome: StepReport["outcome"], services: Services): StepReport {
  const now = services.clock();
  return {
    step: step.name,
    runId: "",
    outcome,
    startedAt: now,
    endedAt: now,
    parameters: {},
    metrics: {},
    outputs: {},
  };
}
