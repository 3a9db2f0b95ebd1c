/** `sluice verify`: runs a recorded plan again and compares what it makes. */
import type { VerifiedItem } from "../../compose/verified_item.ts";
import type { Verified } from "../../compose/verify_run.ts";
import { refuse, SluiceError } from "../../core/error.ts";
import { showValue } from "../../core/parameter.ts";
import type { Reporter } from "../../core/ports/reporter.ts";
import type { Tracker } from "../../core/ports/tracker.ts";
import { type Run, tagOf } from "../../core/tracking.ts";
import { formatDuration } from "../../terminal/human_units.ts";
import { jsonLine } from "../../terminal/json_reporter.ts";
import { valueOf } from "../../terminal/option_values.ts";
import type { Colour } from "../../terminal/paint.ts";
import { jsonOption, readColor, trackingOption } from "../../terminal/run_flags.ts";
import { type Cell, tableLines } from "../../terminal/table.ts";
import { writeLines } from "../../terminal/text_sink.ts";
import { type Call, makeCommand } from "../command.ts";
import { findRun, nestedRuns, parentTag, stepTag, withTracker } from "./run_records.ts";

export const verify = makeCommand({
  name: "verify",
  summary: "Run a recorded run again and compare what it makes",
  description:
    "Every step runs again from the recorded plan: with no cache, in environments made anew from the lock, in a tracker of its own that is removed at the end. Exits with 1 when an output or a metric differs, with 2 when it cannot be run again as it was.",
  positionals: [{
    name: "run",
    value: { is: "text", placeholder: "RUN" },
    isOptional: true,
    default: "the newest pipeline run that finished",
    description: "The id of a pipeline's run, or its first digits",
  }],
  options: [
    {
      name: "tolerance",
      value: { is: "text", placeholder: "NUMBER" },
      default: "0, byte for byte",
      description: "How far numbers may be apart: relative, and absolute below 1",
    },
    {
      name: "step",
      value: { is: "text", placeholder: "NAME" },
      isRepeatable: true,
      description: "Only this step and what it needs",
    },
    {
      name: "keep",
      value: { is: "file", placeholder: "DIR" },
      description: "Keep the new outputs in a new folder",
    },
    { name: "jobs", short: "j", value: { is: "count", placeholder: "N" }, description: "Steps at a time" },
    { name: "differences", short: "d", description: "Show only what differs" },
    { name: "quiet", short: "q", description: "Show no progress" },
    jsonOption,
    trackingOption,
  ],
  examples: [
    { arguments: "", description: "The newest run" },
    { arguments: "0123abcd --tolerance 1e-6", description: "Numbers may differ a little" },
    { arguments: "--step train --keep again", description: "One step, and look at what it made" },
  ],
}, (call) =>
  withTracker(call, async (tracker) => {
    const tolerance = readTolerance(call);
    const run = await chosenRun(tracker, call);
    const nested = await nestedRuns(tracker, run);
    const { verifyRun } = await import("../../compose/verify_run.ts");
    const { onInterruption } = await import("../../compose/interruption.ts");
    const keep = await readKeep(call);
    const steps = call.options.get("step");
    const jobs = valueOf(call.options, "jobs");
    const reporter = await progressReporter(call, run);
    const interruption = onInterruption();
    try {
      const verified = await verifyRun(tracker, run, nested, {
        variables: call.variables,
        reporter,
        signal: interruption.signal,
        ...(tolerance === undefined ? {} : { tolerance }),
        ...(steps === undefined ? {} : { steps }),
        ...(keep === undefined ? {} : { keep }),
        ...(jobs === undefined ? {} : { jobs: Number(jobs) }),
      }).finally(() => reporter.close());
      show(call, verified, run, tolerance);
      return verified.isSame ? 0 : 1;
    } catch (error) {
      const code = interruption.exitCode();
      if (code === undefined || !(error instanceof SluiceError)) throw error;
      const { writeFailure } = await import("../../compose/run_to_exit.ts");
      writeFailure(error.failure, call.stderr, readColor(call.options));
      return code;
    } finally {
      interruption.close();
    }
  }));

function readTolerance(call: Call): number | undefined {
  const text = valueOf(call.options, "tolerance");
  if (text === undefined) return undefined;
  const tolerance = /^(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  if (tolerance >= 0 && tolerance < 1) return tolerance === 0 ? undefined : tolerance;
  return refuse({
    code: "ARGUMENT_INVALID",
    message: `Cannot set \`--tolerance\` to \`${showValue(text)}\` as it must be a number from 0 up to 1`,
    hint: "Write it as `1e-6`",
  });
}

async function readKeep(call: Call): Promise<string | undefined> {
  const given = valueOf(call.options, "keep");
  if (given === undefined) return undefined;
  const { resolve } = await import("node:path");
  const folder = resolve(call.workingFolder, given);
  const { checkKeepFolder } = await import("../../compose/verify_keep.ts");
  await checkKeepFolder(folder);
  return folder;
}

async function chosenRun(tracker: Tracker, call: Call): Promise<Run> {
  const [id] = call.positionals;
  if (id !== undefined) return pipelineRun(await findRun(tracker, id));
  const experimentIds = (await tracker.listExperiments()).map((experiment) => experiment.id);
  const runs = await tracker.searchRuns({ experimentIds, statuses: ["FINISHED"], limit: 50_000 });
  const newest = runs.find((run) =>
    tagOf(run, "sluice.pipeline") !== undefined && tagOf(run, parentTag) === undefined
  );
  return newest ?? refuse({
    code: "RUN_NOT_FOUND",
    message: "Cannot choose a run to verify as no pipeline run of the tracker has finished",
    hint: "Run one first; `sluice runs list` shows all",
  });
}

/** Of a step's run there is no plan: the pipeline's has it. */
function pipelineRun(run: Run): Run {
  const [parent, step] = [tagOf(run, parentTag), tagOf(run, stepTag)];
  if (parent === undefined || step === undefined) return run;
  return refuse({
    code: "VERIFY_IMPOSSIBLE",
    message:
      `Cannot verify run \`${run.info.id}\` by itself as it is that of step "${step}" in a pipeline's run`,
    hint: `Write \`sluice verify ${parent} --step ${step}\``,
  });
}

/** What happens, on standard error; the end of the run that is made again is not told as that of a run of its own. */
async function progressReporter(call: Call, run: Run): Promise<Reporter> {
  if (call.options.has("quiet")) return { report() {}, close: () => Promise.resolve() };
  const { openReporter } = await import("../../terminal/reporter.ts");
  const nothing = { write() {}, isTerminal: false, size: () => ({ columns: 80, rows: 24 }) };
  const reporter = await openReporter(
    { json: false, quiet: false, verbose: false, color: readColor(call.options) },
    { sinks: { stdout: nothing, stderr: call.stderr }, workingFolder: call.workingFolder },
  );
  return {
    report(event) {
      if (event.is === "run-started") reporter.report({ ...event, runId: run.info.id });
      else if (event.is !== "run-ended") reporter.report(event);
    },
    close: () => reporter.close(),
  };
}

function show(call: Call, verified: Verified, run: Run, tolerance: number | undefined): void {
  const { items, isSame } = verified;
  if (call.options.has("json")) {
    call.stdout.write(`${jsonLine({ ...verified, ...(tolerance === undefined ? {} : { tolerance }) })}\n`);
    return;
  }
  const shown = items.filter(({ verdict }) => verdict !== "same" || !call.options.has("differences"));
  const columns = call.columns === undefined ? {} : { columns: call.columns };
  if (shown.length > 0) {
    const head = ["", "step", "output or metric", "is", "detail"];
    writeLines(call.stdout, tableLines(head, shown.map(rowOf), { paint: call.paint, ...columns }));
  }
  const count = items.filter(({ verdict }) => verdict !== "same").length;
  const took = formatDuration(verified.endedAt - verified.startedAt);
  const what = `${items.length} output${items.length === 1 ? "" : "s"} and metrics`;
  call.stderr.write(
    isSame
      ? `Run ${run.info.id} is the same, made again: ${what} in ${took}\n`
      : `Run ${run.info.id} is not the same, made again: ${count} of ${what} differ, in ${took}\n`,
  );
}

const marks: Readonly<Record<VerifiedItem["verdict"], readonly [mark: string, colour: Colour]>> = {
  same: ["✓", "green"],
  different: ["≠", "red"],
  missing: ["✗", "red"],
};

function rowOf({ step, is, name, verdict, detail }: VerifiedItem): (Cell | string)[] {
  const [mark, colour] = marks[verdict];
  return [
    { text: mark, colour },
    step,
    is === "step" ? "" : `${is} ${name}`,
    { text: verdict, colour },
    detail,
  ];
}
