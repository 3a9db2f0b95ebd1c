/**
 * Measures what the project promised, against its peers, and prints the table of docs/benchmarks.md.
 *
 * `deno task bench [--rounds N] [--only NAME]… [--write]`, where NAME is one of the names below. It judges nothing: it ends
 * with 0 whatever was reached. `--write` puts the table into that page. Peers are installed into the user's cache when they are missing.
 */
import { arch, cpus, release, totalmem, type } from "node:os";
import { parseArgs } from "node:util";
import { rowsAsMarkdown } from "./row.ts";
import { measureCacheRestore } from "./rows/cache_restore.ts";
import { measureEnvironments } from "./rows/environments.ts";
import { measureFirstRun } from "./rows/first_run.ts";
import { measureForwarder } from "./rows/forwarder.ts";
import { measureHashInput } from "./rows/hash_input.ts";
import { measureHelpAndPlan } from "./rows/help_and_plan.ts";
import { measureManyFiles } from "./rows/many_files.ts";
import { measureManyProcesses } from "./rows/many_processes.ts";
import { measureMetricPoints } from "./rows/metric_points.ts";
import { measurePlanMany } from "./rows/plan_many.ts";
import { measureMlflowProject } from "./rows/mlflow_project.ts";
import { measureRunTrue } from "./rows/run_true.ts";
import { measureSandbox } from "./rows/sandbox.ts";
import { measureTypeCheck } from "./rows/type_check.ts";
import { measureUnchanged, measureUnchangedMost } from "./rows/unchanged.ts";
import { measureWhy } from "./rows/why.ts";
import { openWorkplace } from "./workplace.ts";

const works = {
  "run-true": measureRunTrue,
  "help-and-plan": measureHelpAndPlan,
  "plan-many": measurePlanMany,
  unchanged: measureUnchanged,
  "unchanged-most": measureUnchangedMost,
  "many-processes": measureManyProcesses,
  "mlflow-project": measureMlflowProject,
  why: measureWhy,
  environments: measureEnvironments,
  "type-check": measureTypeCheck,
  "first-run": measureFirstRun,
  "cache-restore": measureCacheRestore,
  "hash-input": measureHashInput,
  "many-files": measureManyFiles,
  "metric-points": measureMetricPoints,
  forwarder: measureForwarder,
  sandbox: measureSandbox,
};

const { values } = parseArgs({
  args: [...Deno.args],
  options: {
    rounds: { type: "string", default: "7" },
    only: { type: "string", multiple: true },
    write: { type: "boolean", default: false },
  },
});
const names = (values.only ?? Object.keys(works)) as (keyof typeof works)[];
const unknown = names.filter((name) => !(name in works));
if (unknown.length > 0) {
  console.error(`There is no work ${unknown.join(", ")}; there are ${Object.keys(works).join(", ")}`);
  Deno.exit(2);
}

const temporary = await Deno.makeTempDir({ prefix: "sluice-bench-" });
try {
  const workplace = openWorkplace(temporary, Number(values.rounds));
  const rows = [];
  for (const name of names) {
    console.error(`measuring ${name} …`);
    rows.push(...await works[name](workplace));
  }
  const machine = `${cpus().length} cores (${arch()}), ${Math.round(totalmem() / 2 ** 30)} GiB of memory, ` +
    `${type()} ${release().split("-")[0]}, Deno ${Deno.version.deno}.`;
  const text = `${machine}\n\n${rowsAsMarkdown(rows)}\n`;
  console.log(text);
  if (values.write) await writePage(text);
} finally {
  await Deno.remove(temporary, { recursive: true });
}

/** Between the two marks of docs/benchmarks.md. */
async function writePage(text: string): Promise<void> {
  const page = new URL("../docs/benchmarks.md", import.meta.url);
  const [before, , after] = (await Deno.readTextFile(page)).split(
    /(?<=^<!-- Below .* -->\n)(.*?)(?=^<!-- Above )/ms,
  );
  await Deno.writeTextFile(page, `${before}\n${text}\n${after}`);
}
