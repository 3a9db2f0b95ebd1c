import assert from "node:assert/strict";
import type { Event, StepReport } from "../core/event.ts";
import { liveLines } from "./live_view.ts";
import { noPaint } from "./paint.ts";
import { openReporter } from "./reporter.ts";
import { newRunView, updateRunView } from "./run_view.ts";
import { report, runId, started, stepStarted } from "./sample_definition_test.ts";
import { openBuffer } from "./screen_test.ts";

const plain = { json: false, quiet: false, verbose: false, color: "auto" } as const;
const count = 20_000;
const nameOf = (index: number) => `s-${index}`;

const begun = started(Array.from({ length: count }, (_, index) => nameOf(index)));

/** All cached, but every thousandth, which was run. */
const reports = Array.from({ length: count }, (_, index): StepReport => ({
  ...report(nameOf(index)),
  outcome: index % 1000 === 7 ? { is: "finished" } : { is: "cached", runId: "before" },
  startedAt: index,
  endedAt: index,
}));
const endOf = (each: StepReport): Event => ({ is: "step-ended", at: each.endedAt, ...each });
const ended: Event = { is: "run-ended", at: count, runId, status: "finished", steps: reports };

/** Counts the writes to a buffer. */
function counted(buffer: ReturnType<typeof openBuffer>) {
  let writes = 0;
  return {
    ...buffer,
    write(text: string) {
      writes++;
      buffer.write(text);
    },
    writes: () => writes,
  };
}

Deno.test("a run of 20,000 steps is told in few writes, and its table holds what was not cached", async () => {
  const stdout = counted(openBuffer()), stderr = counted(openBuffer());
  const reporter = await openReporter(plain, {
    sinks: { stdout, stderr },
    workingFolder: "/work",
    variable: () => undefined,
  });
  reporter.report(begun);
  for (const each of reports) reporter.report(endOf(each));
  reporter.report(ended);
  await reporter.close();
  const table = stdout.text().split("\n").map((line) => line.split(/ {2,}/).slice(0, 3).join(" "));
  assert.deepEqual(table.slice(1, 4), ["✓ s-7 finished", "✓ s-1007 finished", "✓ s-2007 finished"]);
  assert.match(stdout.text(), /^19980 steps more: 19980 cached$/m);
  assert.equal(stderr.text().split("\n").filter((line) => line.endsWith(": cached")).length, 19_980);
  assert.ok(stderr.text().indexOf("s-6: cached") < stderr.text().indexOf("s-7: finished"));
  assert.ok(stdout.writes() + stderr.writes() < 200, `${stdout.writes()} and ${stderr.writes()} writes`);
});

Deno.test("a run of 1,000 steps, all cached, has a row of each", async () => {
  const stdout = openBuffer(), stderr = openBuffer();
  const reporter = await openReporter(plain, {
    sinks: { stdout, stderr },
    workingFolder: "/work",
    variable: () => undefined,
  });
  const few = reports.filter(({ outcome }) => outcome.is === "cached").slice(0, 1000);
  reporter.report(begun);
  reporter.report({ ...ended, steps: few } as Event);
  await reporter.close();
  assert.equal(stdout.text().split("\n").filter((line) => /^\S+ +s-\d+ +cached/.test(line)).length, 1000);
});

Deno.test("the live view of 20,000 steps shows what runs, what failed and what finished last, in order", () => {
  const view = newRunView();
  updateRunView(view, begun);
  for (const each of reports.slice(0, 10_008)) updateRunView(view, endOf(each));
  updateRunView(view, stepStarted(nameOf(15_000), 1));
  const failed: StepReport = {
    ...reports[12_000]!,
    outcome: {
      is: "failed",
      failure: { code: "STEP_FAILED", message: "exit code 3" },
      lastLines: [],
    },
  };
  updateRunView(view, endOf(failed));
  const lines = liveLines(view, 20_000, { columns: 80, rows: 10 }, noPaint);
  const shown = lines.slice(1).map((line) => line.trim().split(/ +/)[1]);
  const finished = [6007, 7007, 8007, 9007, 10_007].map(nameOf);
  assert.deepEqual(shown, [...finished, "s-12000", "s-15000", "9997"]);
  assert.equal(lines.at(-1)!.trim(), "… 9997 cached, 6 finished, 9990 queued");
});
