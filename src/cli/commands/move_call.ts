/** What `sluice runs export` and `sluice runs import` share: moving, and telling what was moved. */
import type { MoveProgress, MoveReport } from "../../compose/move_runs.ts";
import { formatSize } from "../../terminal/human_units.ts";
import { jsonLine } from "../../terminal/json_reporter.ts";
import { valueOf } from "../../terminal/option_values.ts";
import type { TextSink } from "../../terminal/text_sink.ts";
import { safeText } from "../../terminal/safe_text.ts";
import type { Call } from "../command.ts";
import { experimentOption } from "./run_records.ts";

/** Of a store as an argument names it; without one the tracker of the working folder. */
export interface Stores {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly runs: readonly string[];
}

/** Gives the exit code. */
export async function moveByCall(call: Call, { from, to, runs }: Stores): Promise<number> {
  const { moveRuns } = await import("../../compose/move_runs.ts");
  const { openRunSource, openRunTarget } = await import("../../compose/run_store.ts");
  const source = await openRunSource(from, call);
  const progress = openProgress(call.stderr);
  try {
    const choice = { runs, experiment: valueOf(call.options, experimentOption.name) };
    const report = await moveRuns(source, () => openRunTarget(to, call), choice, progress.show);
    progress.clear();
    call.stdout.write(call.options.has("json") ? `${jsonLine(report)}\n` : reportText(report));
    return 0;
  } finally {
    progress.clear();
    await source.close();
  }
}

function reportText(report: MoveReport): string {
  const { runs, loggedModels, registeredModels } = report;
  const counted = (what: string, { new: fresh, changed, same }: MoveReport["runs"]) =>
    fresh + changed + same === 0 ? [] : [`${what}: ${fresh} new, ${changed} changed, ${same} as they were`];
  const left = report.leftWhereTheyAre.length;
  return [
    ...counted("Runs", runs),
    ...counted("Logged models", loggedModels),
    ...counted("Registered models", registeredModels),
    `${report.points} points of metrics read, ${report.files} files written (${formatSize(report.bytes)})`,
    ...(left === 0
      ? []
      : [`Artifacts at ${left} places were left where they are, as only others reach them`]),
    `From ${report.from} to ${report.to}`,
  ].map((line) => `${safeText(line)}\n`).join("");
}

/** A line that is written over, some times a second; nothing where no terminal is. */
function openProgress(stderr: TextSink): { show(progress: MoveProgress): void; clear(): void } {
  let [shownAt, isShown] = [0, false];
  return {
    show({ done, total, bytes }) {
      if (!stderr.isTerminal || performance.now() - shownAt < 200) return;
      [shownAt, isShown] = [performance.now(), true];
      stderr.write(`\r\x1b[K${done} of ${total} runs, ${formatSize(bytes)} of artifacts`);
    },
    clear() {
      if (isShown) stderr.write("\r\x1b[K");
      isShown = false;
    },
  };
}
