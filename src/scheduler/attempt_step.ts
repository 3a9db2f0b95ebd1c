/** Tries a step until it finishes or may not be tried again, and takes what it produced. */
import { join } from "node:path";
import type { ReadyEnvironment } from "../core/environment.ts";
import type { Failure } from "../core/error.ts";
import type { ProducedOutput, StepOutcome } from "../core/event.ts";
import { inside } from "../core/place.ts";
import type { PlannedStep } from "../core/plan.ts";
import type { Hold, RunServerSession } from "../core/ports.ts";
import type { KeptOutput } from "../core/step_result.ts";
import type { RunInfo } from "../core/tracking.ts";
import { collectOutputs } from "./collect_outputs.ts";
import type { RunContext } from "./execute_step.ts";
import { openContentLog } from "./log_content.ts";
import { type AttemptEnd, runAttempt } from "./run_process.ts";
import { exitFailure } from "./step_failure.ts";
import type { Services } from "./services.ts";
import type { StepInputs } from "./step_inputs.ts";

/** A step that has been recorded and has not ended. */
export interface OpenStep {
  readonly step: PlannedStep;
  readonly run: RunInfo;
  readonly inputs: StepInputs;
  readonly environment: ReadyEnvironment;
  readonly folder: string;
  readonly log: string;
}

export interface Attempted {
  readonly outcome: StepOutcome;
  readonly outputs: Readonly<Record<string, ProducedOutput>>;
  readonly kept: Readonly<Record<string, KeptOutput>>;
  /** Where the outputs lie that are not on their way elsewhere. */
  readonly folder?: string;
  /** When every process of the attempt was dead. */
  readonly processEndedAt?: number;
}

const nothing = { outputs: {}, kept: {} };

export async function attemptStep(open: OpenStep, context: RunContext): Promise<Attempted> {
  const { step, run, folder, log } = open;
  const { services } = context;
  const hold = await services.sandbox.hold({
    body: step.body.is,
    net: step.permissions.net,
    needsFull: isFull(step),
  });
  const isTracked = await wantsTracking(open, services);
  for (let attempt = 1;; attempt++) {
    context.signal.throwIfAborted();
    services.emit({
      is: "step-started",
      at: services.clock(),
      step: step.name,
      runId: run.id,
      attempt,
      sandbox: hold.tier,
    });
    const ended = await attemptOnce(open, join(folder, String(attempt)), hold, isTracked, context);
    const { outcome } = ended;
    if (outcome.is !== "failed" || attempt > step.limits.retries) return ended;
    services.emit({
      is: "step-retrying",
      at: services.clock(),
      step: step.name,
      attempt: attempt + 1,
      failure: outcome.failure,
    });
    await Deno.writeTextFile(log, `--- attempt ${attempt + 1} ---\n`, { append: true });
  }
}

/** A plan that names the strongest sandbox is not held by less. */
const isFull = (step: PlannedStep): boolean => step.sandbox === "bubblewrap";

async function attemptOnce(
  open: OpenStep,
  folder: string,
  hold: Hold,
  isTracked: boolean,
  context: RunContext,
): Promise<Attempted> {
  const { step, run, log } = open;
  const { services } = context;
  let session: RunServerSession | undefined;
  try {
    session = isTracked ? await (await services.openServer()).open(run.id, hold) : undefined;
    const take = openContentLog(step, run.id, services);
    const end = await runAttempt({ ...open, folder, hold, session }, services, context.signal, take);
    const processEndedAt = services.clock();
    if (end.exit.is === "cancelled") return { outcome: { is: "killed" }, ...nothing };
    const failure = exitFailure(step, end);
    if (failure !== undefined) return { outcome: failedOutcome(failure, end, log), ...nothing };
    const outputs = join(folder, "outputs");
    const collected = await collectOutputs(step, outputs, services.tracker.artifacts, run.artifactUri);
    if (!collected.ok) return { outcome: failedOutcome(collected.failure, end, log), ...nothing };
    const missing = await findMissingMetric(step, run, services);
    return {
      outcome: missing === undefined ? { is: "finished" } : failedOutcome(missing, end, log),
      ...collected.value,
      folder: outputs,
      processEndedAt,
    };
  } finally {
    session?.close();
  }
}

/**
 * Whether the step is to find a tracking server. A function logs through SLUICE_LOG; of programs that come from the
 * machine, what the step says in its command and sources tells.
 */
async function wantsTracking({ step, environment }: OpenStep, services: Services): Promise<boolean> {
  if (environment.hasMlflow !== undefined) return environment.hasMlflow;
  if (step.body.is === "function") return false;
  const speaksOf = (text: string) => /mlflow/i.test(text);
  if (speaksOf(JSON.stringify(step.body.command))) return true;
  const decoder = new TextDecoder();
  for (const text of (await services.files.texts(step)).values()) {
    if (speaksOf(decoder.decode(text))) return true;
  }
  return false;
}

async function findMissingMetric(
  step: PlannedStep,
  run: RunInfo,
  services: Services,
): Promise<Failure | undefined> {
  if (step.metrics.length === 0) return undefined;
  const logged = new Set((await services.tracker.getRun(run.id)).metrics.map((metric) => metric.key));
  const missing = step.metrics.find((name) => !logged.has(name));
  if (missing === undefined) return undefined;
  return {
    code: "METRIC_MISSING",
    message: `Cannot finish step "${step.name}" as it ended without logging its metric "${missing}"`,
    at: inside(step.place, `step "${step.name}"`, `metric "${missing}"`),
    hint:
      `Log it with MLflow, or append {"metric": "${missing}", "value": 0.5} to the file named in SLUICE_LOG`,
  };
}

function failedOutcome(failure: Failure, end: AttemptEnd, log: string): StepOutcome {
  return { is: "failed", failure, lastLines: end.lastLines, log };
}
