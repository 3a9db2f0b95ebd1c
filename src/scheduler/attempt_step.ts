/** Tries a step until it finishes or may not be tried again, and takes what it produced. */
import { join } from "node:path";
import type { ReadyEnvironment } from "../core/environment.ts";
import type { Failure } from "../core/error.ts";
import type { ProducedOutput, StepOutcome } from "../core/event.ts";
import { inside } from "../core/place.ts";
import type { PlannedStep } from "../core/plan.ts";
import type { RunServerSession } from "../core/ports/run_server.ts";
import type { Hold } from "../core/ports/sandbox.ts";
import type { KeptOutput } from "../core/step_result.ts";
import type { Run, RunInfo } from "../core/tracking.ts";
import { collectOutputs } from "./collect_outputs.ts";
import type { LogContent } from "./follow_log.ts";
import { openContentLog } from "./record_log.ts";
import type { RunContext } from "./run_context.ts";
import { type AttemptEnd, runAttempt } from "./run_process.ts";
import type { Services } from "./services.ts";
import { exitFailure } from "./step_failure.ts";
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
  /** The run with all that the step logged; absent where it logged nothing. */
  readonly logged?: Run;
  readonly outputs: Readonly<Record<string, ProducedOutput>>;
  readonly kept: Readonly<Record<string, KeptOutput>>;
  /** Where the outputs lie that are not on their way elsewhere. */
  readonly folder?: string;
  /** The end of what it printed, of one that finished. */
  readonly lastLines?: readonly string[];
  /** When every process of the attempt was dead. */
  readonly processEndedAt?: number;
}

const nothing = { outputs: {}, kept: {} };

/** Throws what engines, sandboxes and trackers fail with, and an abort. */
export async function attemptStep(open: OpenStep, context: RunContext): Promise<Attempted> {
  const { step, run, folder, log } = open;
  const { services } = context;
  const hold = await services.sandbox.hold({
    body: step.body.is,
    net: step.permissions.net,
    needsFull: isFull(step),
  });
  const isTracked = await wantsTracking(open, services, context);
  let hasLogged = isTracked;
  const takeContent = openContentLog(step, run.id, services);
  const take = (content: LogContent) => {
    hasLogged = true;
    return takeContent(content);
  };
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
    const attempted = await attemptOnce(
      open,
      join(folder, String(attempt)),
      { hold, isTracked, take },
      context,
    );
    const logged = hasLogged ? await services.tracker.getRun(run.id) : undefined;
    const ended = {
      ...requireMetrics(step, attempted, logged, log),
      ...(logged === undefined ? {} : { logged }),
    };
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

interface AttemptOptions {
  readonly hold: Hold;
  readonly isTracked: boolean;
  readonly take: (content: LogContent) => Promise<void>;
}

async function attemptOnce(
  open: OpenStep,
  folder: string,
  { hold, isTracked, take }: AttemptOptions,
  context: RunContext,
): Promise<Attempted> {
  const { step, run, log } = open;
  const { services } = context;
  let session: RunServerSession | undefined;
  try {
    session = isTracked ? await (await services.openServer()).open(run.id, hold) : undefined;
    const end = await runAttempt({ ...open, folder, hold, session }, services, context.signal, take);
    // Times of files are told by the machine's own clock, which may have been set back.
    const processEndedAt = Math.min(services.clock(), Date.now());
    if (end.exit.is === "cancelled") return { outcome: { is: "killed" }, ...nothing };
    const failure = exitFailure(step, end);
    if (failure !== undefined) return { outcome: failedOutcome(failure, end, log), ...nothing };
    const outputs = join(folder, "outputs");
    const collected = await collectOutputs(step, outputs, services.tracker.artifacts, run.artifactUri);
    if (!collected.ok) return { outcome: failedOutcome(collected.failure, end, log), ...nothing };
    return {
      outcome: { is: "finished" },
      ...collected.value,
      lastLines: end.lastLines,
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
async function wantsTracking(
  { step, environment }: OpenStep,
  services: Services,
  { speaking }: RunContext,
): Promise<boolean> {
  if (environment.hasMlflow !== undefined) return environment.hasMlflow;
  if (step.body.is === "function") return false;
  if (speaksOfMlflow(JSON.stringify(step.body.command))) return true;
  const known = speaking.get(step.sources) ?? services.files.texts(step).then((texts) => {
    const decoder = new TextDecoder();
    return texts.values().some((text) => speaksOfMlflow(decoder.decode(text)));
  });
  speaking.set(step.sources, known);
  return await known;
}

const speaksOfMlflow = (text: string): boolean => /mlflow/i.test(text);

/** A step that ended without one of its metrics has failed. */
function requireMetrics(
  step: PlannedStep,
  attempted: Attempted,
  logged: Run | undefined,
  log: string,
): Attempted {
  if (attempted.outcome.is !== "finished") return attempted;
  const names = new Set(logged?.metrics.map((metric) => metric.key));
  const missing = step.metrics.find((name) => !names.has(name));
  if (missing === undefined) return attempted;
  const failure: Failure = {
    code: "METRIC_MISSING",
    message: `Cannot finish step "${step.name}" as it ended without logging its metric "${missing}"`,
    at: inside(step.place, `step "${step.name}"`, `metric "${missing}"`),
    hint:
      `Log it with MLflow, or append {"metric": "${missing}", "value": 0.5} to the file named in SLUICE_LOG`,
  };
  return { ...attempted, outcome: { is: "failed", failure, lastLines: attempted.lastLines ?? [], log } };
}

function failedOutcome(failure: Failure, end: AttemptEnd, log: string): StepOutcome {
  return { is: "failed", failure, lastLines: end.lastLines, log };
}
