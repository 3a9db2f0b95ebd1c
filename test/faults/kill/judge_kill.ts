/** What must hold after a kill: of what is left, and of the plain command run once more. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { shapeOf } from "./kill_points.ts";
import {
  type KilledProject,
  makeProject,
  readRemains,
  readSteps,
  runPlainly,
  type Workload,
} from "./killed_project.ts";
import { findSurvivors } from "./survivors.ts";
import { walkFolder } from "./walk_folder.ts";

/** What runs that nobody killed leave, by shape: names that chance or content gives are left out. */
export interface Whole {
  readonly shapes: ReadonlySet<string>;
  /** Of the pipeline's output. */
  readonly digest: string;
  /** How long the first run takes. */
  readonly tookMs: number;
  readonly steps: number;
}

/** After that files are old enough for their digests to be remembered. */
const settledMs = 2500;

/** Runs the workload twice, unkilled; with `isLong` once more a little later, as where a project is used for long. */
export async function runWhole(workload: Workload, { isLong = false } = {}): Promise<Whole> {
  using project = makeProject(workload);
  const before = Date.now();
  const first = await runPlainly(project);
  const tookMs = Date.now() - before;
  const second = await runPlainly(project);
  if (first.code !== 0 || second.code !== 0) throw new Error(first.stderr + second.stderr);
  if (isLong) {
    await new Promise((resolve) => setTimeout(resolve, settledMs));
    await runPlainly(project);
  }
  return {
    ...{ shapes: shapesOf(project), tookMs, digest: lastDigest(second.events) },
    steps: readSteps(second.events).outcomes.size,
  };
}

/** What is wrong after a kill; nothing, where all holds. Runs the plain command. */
export interface Judged {
  readonly flaws: readonly string[];
  /** Steps that had finished when the run was killed. */
  readonly finished: number;
}

/** The run in `project` was just killed. */
export async function judgeKill(project: KilledProject, whole: Whole): Promise<Judged> {
  const flaws: string[] = [];
  const survivors = await findSurvivors(project.folder);
  flaws.push(...survivors.map((process) => `outlived the kill: ${process}`));
  const remains = readRemains(project);
  const again = await runPlainly(project);
  if (again.code !== 0) {
    return {
      flaws: [...flaws, `the next run ends with ${again.code}: ${again.stderr}`],
      finished: 0,
    };
  }
  const { keys, outcomes } = readSteps(again.events);
  const finished = [...keys].filter(([step, key]) =>
    remains.finished.has(step) || remains.kept.has(key ?? "")
  ).map(([step]) => step);
  flaws.push(
    ...finished.filter((step) => outcomes.get(step) !== "cached").map((step) => `${step} ran again`),
  );
  flaws.push(
    ...repeated(readRemains(project).done).filter((step) => finished.includes(step)).map((step) =>
      `${step} did its work again`
    ),
  );
  if (lastDigest(again.events) !== whole.digest) flaws.push("the output is another one");
  flaws.push(...shapesOf(project).difference(whole.shapes).values().map((shape) => `left: ${shape}`));
  flaws.push(
    ...(await findSurvivors(project.folder)).map((process) => `still there after the next run: ${process}`),
  );
  flaws.push(...flawsOfTracker(project.project));
  return { flaws, finished: finished.length };
}

function flawsOfTracker(project: string): string[] {
  using database = new DatabaseSync(join(project, "mlflow.db"));
  const open = database.prepare(
    "SELECT name, status, end_time FROM runs WHERE status NOT IN ('FINISHED', 'KILLED') OR end_time IS NULL",
  ).all().map((row) => `${row["name"]} is ${row["status"]}, ended at ${row["end_time"]}`);
  const integrity = database.prepare("PRAGMA integrity_check").all().map((row) =>
    String(row["integrity_check"])
  );
  const ids = new Set(
    database.prepare("SELECT run_uuid FROM runs").all().map((row) => String(row["run_uuid"])),
  );
  const nobodys = [...Deno.readDirSync(join(project, "mlruns", "1"))].filter(({ name }) => !ids.has(name))
    .map(({ name }) => `artifacts of no run: ${name}`);
  return [...open, ...integrity.filter((line) => line !== "ok"), ...nobodys];
}

const repeated = (names: readonly string[]): string[] =>
  [...new Set(names)].filter((name) => names.indexOf(name) !== names.lastIndexOf(name));

/** Of the last output that a step made. */
const lastDigest = (events: Awaited<ReturnType<typeof runPlainly>>["events"]): string =>
  events.flatMap((event) =>
    event.is === "step-ended" && ["join", "last"].includes(event.step)
      ? Object.values(event.outputs).map(({ digest }) => digest)
      : []
  ).join();

/** Every path that is there. */
const shapesOf = ({ folder }: KilledProject): Set<string> =>
  new Set(walkFolder(folder).map(({ path }) => shapeOf(path)));
