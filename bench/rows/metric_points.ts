/** A million points that a step logs through `SLUICE_LOG`: what it is slowed, and whether they are all there. */
import { cpus } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { measure, median } from "../measure.ts";
import { megabytes, type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

const points = 1_000_000;
/** Of MLflow's own client, which needs minutes for all of them. */
const fewPoints = 50_000;
const limitRatio = 1.02;
/** Of each point, by one process: it makes some seconds of them all. */
const workOfPoint = 50;

/** A round of the same work without sluice and with it. */
interface Round {
  readonly aloneMs: number;
  readonly ms: number;
  /** From the step's end to that of the run. */
  readonly closingMs: number;
  readonly peakBytes: number;
  readonly isAllThere: boolean;
}

export async function measureMetricPoints(workplace: Workplace): Promise<Row[]> {
  const cores = cpus().length;
  return [
    await measureRow(`${points} points logged by a step in one process`, 1, workplace, mlflowMs),
    await measureRow(`the same by as many processes as there are cores, ${cores}`, cores, workplace),
  ];
}

async function measureRow(
  work: string,
  processes: number,
  workplace: Workplace,
  peerMs?: (workplace: Workplace) => Promise<number>,
): Promise<Row> {
  const all: Round[] = [];
  for (let round = 0; round < workplace.rounds; round++) all.push(await measureRound(processes, workplace));
  const of = (value: (round: Round) => number) => median(all.map(value));
  const [ms, aloneMs] = [of((each) => each.ms), of((each) => each.aloneMs)];
  const isAllThere = all.every((each) => each.isAllThere);
  const peer = peerMs === undefined
    ? ""
    : `; MLflow's \`log_batch\` of as many ${seconds(await peerMs(workplace))}`;
  return {
    work,
    must: `it takes ≤ ${limitRatio}× as long as with nobody reading; all there`,
    reached: `${seconds(ms)} against ${seconds(aloneMs)}: ${(ms / aloneMs).toFixed(3)}×; ${
      isAllThere ? "all" : "not all"
    } there, ${seconds(of((each) => each.closingMs))} after its end; ${
      megabytes(of((each) => each.peakBytes))
    }${peer}`,
    isReached: ms <= limitRatio * aloneMs && isAllThere,
  };
}

/** Both take the same interpreter: that of the machine, which a step finds. */
async function measureRound(processes: number, { root, deno, folder, variables }: Workplace): Promise<Round> {
  const project = await folder();
  const program = join(root, "bench/points/train.py");
  const args = [points, processes, workOfPoint * processes].map(String);
  await Deno.copyFile(program, join(project, "train.py"));
  await Deno.writeTextFile(join(project, "pipeline.ts"), pipelineText(args));
  const log = join(await folder(), "log.jsonl");
  await measure({
    argv: ["python3", program, ...args],
    folder: project,
    variables: { ...variables, PATH: "/usr/local/bin:/usr/bin:/bin", SLUICE_LOG: log },
  });
  const lastLines = (await Deno.readTextFile(log)).trimEnd().split("\n").slice(-2);
  const run = await measure({
    argv: [deno, "run", "-A", join(root, "src/cli/main.ts"), "run", "pipeline.ts"],
    folder: project,
    variables,
  });
  using database = new DatabaseSync(join(project, "mlflow.db"), { readOnly: true });
  const numberOf = (sql: string) => Number(Object.values(database.prepare(sql).get() ?? {})[0]);
  const latest = (key: string) => numberOf(`SELECT value FROM latest_metrics WHERE key = '${key}'`);
  const round = {
    aloneMs: JSON.parse(lastLines[0]!).value * 1000,
    ms: latest("took") * 1000,
    closingMs: numberOf("SELECT max(end_time) FROM runs") - latest("ended") * 1000,
    peakBytes: run.peakBytes,
    isAllThere: numberOf("SELECT count(DISTINCT step) FROM metrics WHERE key = 'loss'") === points,
  };
  for (const each of [project, log]) await Deno.remove(each, { recursive: true });
  return round;
}

const pipelineText = (args: readonly string[]): string =>
  `import { host, pipeline, sh, step } from "sluice";

const train = step("train", { env: host(), command: () => sh\`python3 train.py ${args.join(" ")}\` });
export default pipeline("points", {}, () => {
  train({});
  return {};
});
`;

/** What MLflow's own client takes for as many points, by what it takes for fewer. */
async function mlflowMs({ root, folder, variables, mlflowPrograms }: Workplace): Promise<number> {
  const argv = [
    join(await mlflowPrograms(), "python"),
    join(root, "bench/points/log_batch.py"),
    String(fewPoints),
  ] as const;
  const { stdout } = await measure({ argv, folder: await folder(), variables });
  return Number(stdout) * 1000 * points / fewPoints;
}
