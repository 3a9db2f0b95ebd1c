/** `sluice runs compare`: params and metrics of runs side by side, differences marked. */
import { type Failure, refuse } from "../../core/error.ts";
import type { Tracker } from "../../core/ports/tracker.ts";
import { type Run, tagOf } from "../../core/tracking.ts";
import { formatMetric } from "../../terminal/human_units.ts";
import { jsonLine } from "../../terminal/json_reporter.ts";
import { jsonOption, trackingOption } from "../../terminal/run_flags.ts";
import { type Cell, tableLines } from "../../terminal/table.ts";
import { writeLines } from "../../terminal/text_sink.ts";
import { makeCommand } from "../command.ts";
import { findRun, nestedRuns, stepTag, withTracker } from "./run_records.ts";
import { durationText, metricValues, statusCell } from "./run_text.ts";

export const runsCompare = makeCommand({
  name: "runs compare",
  summary: "Compare params and metrics of runs",
  description: "Of a pipeline's run, those of its steps are compared as well, as `train.rmse`.",
  positionals: [{
    name: "run",
    value: { is: "text", placeholder: "RUN" },
    isRepeatable: true,
    description: "Ids of two or more runs, or their first digits",
  }],
  options: [
    { name: "differences", short: "d", description: "Only what differs" },
    jsonOption,
    trackingOption,
  ],
  examples: [
    { arguments: "0123abcd 4567cdef", description: "Two runs" },
    { arguments: "0123 4567 89ab --differences", description: "Only what differs among three" },
  ],
}, (call) => {
  if (call.positionals.length < 2) refuse(needsTwo);
  return withTracker(call, async (tracker) => {
    const compared = [];
    for (const id of call.positionals) compared.push(await compareable(tracker, await findRun(tracker, id)));
    const rows = comparison(compared);
    if (call.options.has("json")) {
      call.stdout.write(`${jsonLine({ runs: compared.map(({ run }) => run.info.id), rows })}\n`);
      return 0;
    }
    const shown = rows.filter((row) => row.differs || !call.options.has("differences"));
    const head = ["", "", ...compared.map(({ run }) => run.info.id.slice(0, 8))];
    const cells: (Cell | string)[][] = [
      ["", "name", ...compared.map(({ run }) => run.info.name)],
      ["", "state", ...compared.map(({ run }) => statusCell(run))],
      ["", "time", ...compared.map(({ run }) => durationText(run))],
      ...shown.map((row) => [
        row.differs ? { text: "≠", colour: "yellow" as const } : "",
        `${row.is} ${row.name}`,
        ...rowCells(row),
      ]),
    ];
    const columns = call.columns === undefined ? {} : { columns: call.columns };
    writeLines(call.stdout, tableLines(head, cells, { paint: call.paint, ...columns }));
    return 0;
  });
});

const needsTwo: Failure = {
  code: "ARGUMENT_INVALID",
  message: "Cannot compare one run as it takes two or more",
  hint: "Write `sluice runs compare RUN RUN`; `sluice runs list` shows them",
};

interface Compared {
  readonly run: Run;
  readonly params: ReadonlyMap<string, string>;
  readonly metrics: ReadonlyMap<string, number>;
}

interface Row {
  readonly is: "param" | "metric";
  readonly name: string;
  /** In the order of the runs; null where a run has none. */
  readonly values: readonly (string | number | null)[];
  readonly differs: boolean;
}

async function compareable(tracker: Tracker, run: Run): Promise<Compared> {
  const params = new Map(run.parameters.map(({ key, value }) => [key, value]));
  const metrics = new Map(Object.entries(metricValues(run)));
  for (const nested of await nestedRuns(tracker, run)) {
    const step = tagOf(nested, stepTag);
    if (step === undefined) continue;
    for (const { key, value } of nested.parameters) params.set(`${step}.${key}`, value);
    for (const [key, value] of Object.entries(metricValues(nested))) metrics.set(`${step}.${key}`, value);
  }
  return { run, params, metrics };
}

/** Params, then metrics, each in the order of their names. */
export function comparison(compared: readonly Pick<Compared, "params" | "metrics">[]): Row[] {
  return [
    ...rowsOf("param", compared.map(({ params }) => params)),
    ...rowsOf("metric", compared.map(({ metrics }) => metrics)),
  ];
}

function rowsOf(is: Row["is"], maps: readonly ReadonlyMap<string, string | number>[]): Row[] {
  const names = [...new Set(maps.flatMap((map) => [...map.keys()]))].sort();
  return names.map((name) => {
    const values = maps.map((map) => map.get(name) ?? null);
    // `Object.is`, so that NaN is the same as NaN.
    return { is, name, values, differs: values.some((value) => !Object.is(value, values[0])) };
  });
}

/** Numbers that differ are never shown as the same: where five digits do not tell them apart, all are shown. */
function rowCells({ values, differs }: Row): Cell[] {
  const short = values.map((value) => typeof value === "number" ? formatMetric(value) : value ?? "–");
  const isTold = !differs || new Set(short).size === new Set(values).size;
  return short.map((text, index) => {
    const shown = isTold ? text : String(values[index] ?? "–");
    return differs ? { text: shown, colour: "yellow" } : { text: shown };
  });
}
