/** What must hold of a run in which the machine failed, and of the plain run after it. */
import { DatabaseSync } from "node:sqlite";
import { statSync } from "node:fs";
import { join } from "node:path";
import { type Finished, readRuns, type RecordedRun } from "../run/run_project.ts";
import type { Bed, Ended } from "./fault_bed.ts";

/** What is there before the run, to be found again after it. */
export interface Originals {
  readonly files: ReadonlyMap<string, string>;
  readonly rows: string;
  readonly runIds: ReadonlySet<string>;
}

/** The errors of the machine, as the kernel or SQLite says them. */
const machineWords =
  /os error \d+|disk I\/O error|database or disk is full|unable to open database file|No space left|Too many open files|Input\/output error|quota exceeded|Resource temporarily unavailable|locking protocol|its disk cannot be read|no file in memory|attempt to write a readonly/i;

/** Deno itself gave up, in code of its own: what is there must be whole all the same, and the next run goes on. */
export const isDenoPanic = (stderr: string): boolean => stderr.includes("Deno has panicked");

/** Takes note of the state that `bed.restore` gives. */
export function readOriginals(bed: Bed): Originals {
  return { files: readFiles(bed), rows: readRows(bed.folder, undefined), runIds: runIdsOf(bed.folder) };
}

/** Flaws of a run in which something failed, before the next; none is how it must be. */
export function judgeFaulted(
  bed: Bed,
  before: Originals,
  { code, stdout, stderr, isHanging }: Ended,
): string[] {
  if (isHanging) return ["it hangs"];
  if (isDenoPanic(stderr)) return flawsOfOriginals(bed, before);
  const flaws: string[] = [];
  if (![0, 1, 2].includes(code)) flaws.push(`it ends with ${code}`);
  if (/^\s+at .*(?:file|ext):\/\//m.test(stderr)) flaws.push("it shows a stack trace");
  if (/This is a bug of sluice/.test(stderr)) flaws.push("it says it is a bug");
  if (code === 0) flaws.push(...flawsOfResult(bed, before));
  else flaws.push(...flawsOfError(stderr));
  if (stdout.includes("error[")) flaws.push("it says its error on standard output");
  return [...flaws, ...flawsOfOriginals(bed, before)];
}

function flawsOfError(stderr: string): string[] {
  const errors = stderr.split("\n").filter((line) => line.startsWith("error["));
  if (errors.length === 0) return ["it says no error"];
  const codes = new Set(errors.map((line) => /^error\[(\w+)\]/.exec(line)![1]));
  const flaws = codes.size > 1 ? [`it says ${errors.length} different errors`] : [];
  if (errors.some((line) => line.lastIndexOf("error[") > 0)) flaws.push("it says an error within an error");
  if (!machineWords.test(stderr)) flaws.push("it does not say what the machine did");
  if (!stderr.includes("hint: ")) flaws.push("it does not say what to do");
  if (!/[`"/]\S+|-->/.test(stderr.slice(stderr.indexOf("error[")))) {
    flaws.push("it names no file and no step");
  }
  return flaws;
}

/** Sources, rows of runs before, their artifacts and what the cache keeps are as they were; the tracker's file is whole. */
function flawsOfOriginals(bed: Bed, before: Originals): string[] {
  const flaws: string[] = [];
  const files = readFiles(bed);
  for (const [path, content] of before.files) {
    const now = files.get(path);
    if (now !== content) flaws.push(`${path} ${now === undefined ? "is gone" : "has changed"}`);
  }
  if (!isThere(join(bed.folder, "mlflow.db"))) {
    return before.runIds.size === 0 ? flaws : [...flaws, "mlflow.db is gone"];
  }
  const integrity = checkIntegrity(bed.folder);
  if (integrity !== "ok") flaws.push(`mlflow.db: ${integrity}`);
  else if (before.runIds.size > 0 && readRows(bed.folder, before.runIds) !== before.rows) {
    flaws.push("rows of runs before have changed");
  }
  return flaws;
}

/** A run that ended with 0: its rows and its outputs are as if nothing had been. */
function flawsOfResult(bed: Bed, before: Originals): string[] {
  const runs = readRuns(bed.folder).filter(({ id }) => !before.runIds.has(id));
  // A result that was found unfit is told of by a run that is KILLED, beside that of the step itself.
  const wanted = runs.filter(({ tags }) => tags["sluice.cache"] !== "damaged");
  const flaws = wanted.filter(({ status }) => status !== "FINISHED").map(({ name, status }) =>
    `run ${name} is ${status}`
  );
  const steps = new Map(wanted.map((run) => [run.tags["sluice.step"], run]));
  for (const [step, file, content] of resultsWanted) {
    const run = steps.get(step);
    const path = join((run?.artifacts ?? "").replace("file://", ""), file);
    const found = isThere(path) ? Deno.readTextFileSync(path) : undefined;
    if (found !== content) flaws.push(`${step} made ${file} with ${JSON.stringify(found)}`);
  }
  if (steps.get("train")?.metrics["loss"] !== 0.125) flaws.push("the metric of train is not there");
  if (steps.get("train")?.params["alpha"] !== "0.5") flaws.push("the parameter of train is not there");
  return flaws;
}

const raw = "x,y\n1,2\n3,4\n5,6\n7,8\n";
const rows = "x,y\n1,2\n3,4\n";

const resultsWanted = [
  ["split", "rows.csv", rows],
  ["split", "pieces/all.csv", raw],
  ["split", "pieces/below/one", "x\n"],
  ["train", "weights.txt", `alpha 0.5\n${rows}`],
  ["score", "report.txt", `alpha 0.5\n${rows}${raw}x\n`],
] as const;

/** Flaws of the plain run after it; the fault is gone. */
export function judgeNext(bed: Bed, before: Originals, faulted: Finished, next: Finished): string[] {
  if (next.code !== 0) return [`the next run ends with ${next.code}: ${next.stderr}`];
  const flaws: string[] = [];
  const runs = readRuns(bed.folder).filter(({ id }) => !before.runIds.has(id));
  for (const run of runs) if (run.endedAt === null) flaws.push(`run ${run.name} stays ${run.status}`);
  const last = lastRuns(runs);
  for (const step of finishedSteps(runs, last)) {
    const isWarned = faulted.stderr.split("\n").some((line) => /warning/i.test(line) && line.includes(step));
    const now = last.find(({ tags }) => tags["sluice.step"] === step);
    if (!isWarned && now?.tags["sluice.cache"] !== "cached") {
      flaws.push(`${step} had finished and runs again`);
    }
  }
  const results = flawsOfResult(bed, {
    ...before,
    runIds: new Set([...before.runIds, ...runs.filter((run) => !last.includes(run)).map(({ id }) => id)]),
  });
  flaws.push(...results.map((flaw) => `the next run: ${flaw}`));
  for (const name of ["steps", "owners"]) {
    const left = isThere(join(bed.folder, ".sluice", name))
      ? [...Deno.readDirSync(join(bed.folder, ".sluice", name))].map((entry) => entry.name)
      : [];
    if (left.length > 0) flaws.push(`.sluice/${name} holds ${left}`);
  }
  return [...flaws, ...flawsOfOriginals(bed, before)];
}

function lastRuns(runs: readonly RecordedRun[]): readonly RecordedRun[] {
  const parent = runs.findLast(({ tags }) => tags["mlflow.parentRunId"] === undefined);
  return runs.filter((run) => run === parent || run.tags["mlflow.parentRunId"] === parent?.id);
}

const finishedSteps = (runs: readonly RecordedRun[], last: readonly RecordedRun[]): string[] =>
  runs.filter((run) => !last.includes(run) && run.status === "FINISHED")
    .flatMap(({ tags }) => tags["sluice.step"] ?? []);

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/** By path: what no run may change. */
function readFiles({ folder, cache }: Bed): Map<string, string> {
  const paths = [
    ...filesBelow(folder).filter((path) => !/\/mlflow\.db[^/]*$|\/\.sluice\//.test(path)),
    ...filesBelow(cache).filter((path) => /\/store\/(files|results|records)\//.test(path)),
  ];
  return new Map(paths.map((path) => [path, Deno.readTextFileSync(path)]));
}

const filesBelow = (folder: string): string[] =>
  [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(join(folder, name)) : [join(folder, name)]
  );

function runIdsOf(folder: string): ReadonlySet<string> {
  return new Set(isThere(join(folder, "mlflow.db")) ? readRuns(folder).map(({ id }) => id) : []);
}

function checkIntegrity(folder: string): string {
  using database = new DatabaseSync(join(folder, "mlflow.db"));
  try {
    return String(database.prepare("PRAGMA integrity_check").get()?.["integrity_check"]);
  } catch (error) {
    return String(error);
  }
}

/** Every row of the runs, or of all, as text. */
function readRows(folder: string, runIds: ReadonlySet<string> | undefined): string {
  if (!isThere(join(folder, "mlflow.db"))) return "";
  using database = new DatabaseSync(join(folder, "mlflow.db"), { readOnly: true });
  const tables = database.prepare(
    "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'run_uuid'",
  ).all().map(({ name }) => String(name)).sort();
  return JSON.stringify(
    tables.map((table) => [
      table,
      database.prepare(`SELECT * FROM ${table}`).all()
        .filter(({ run_uuid }) => runIds?.has(String(run_uuid)) ?? true).map((row) => JSON.stringify(row))
        .sort(),
    ]),
    (_, value) => typeof value === "bigint" ? String(value) : value,
  );
}
