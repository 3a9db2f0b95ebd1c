/** A folder of very many files that a step reads: unchanged since, and with one of them edited. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { measure, measureInTurn } from "../measure.ts";
import { findPeer } from "../peers.ts";
import { megabytes, type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

const folders = 1000;
const filesEach = 100;
const limitMs = 1000;
/** A file that was just written is not remembered. */
const settledMs = 3500;

/** Each tool's step has run with the folder as it is. DVC and `find` look at the same folder as sluice. */
export async function measureManyFiles(workplace: Workplace): Promise<Row[]> {
  const { variables, rounds } = workplace;
  const few = Math.min(rounds, 3);
  const given = await sluiceProject(workplace, 'given.file("data", file())');
  const made = await sluiceProject(workplace, "make({}).data");
  writeData(join(given.folder, "data"));
  await Deno.writeTextFile(join(given.folder, ".gitignore"), "*\n");
  const find = ["find", "data", "-type", "f", "-printf", "%s %T@ %C@ %i\n"] as const;
  await new Promise((resolve) => setTimeout(resolve, settledMs));
  const settle = async (project: typeof given) => {
    await project.run();
    // What was not settled when the step had run is remembered by the run after it.
    await new Promise((resolve) => setTimeout(resolve, settledMs));
    await project.run();
  };
  await settle(given);
  await settle(made);
  const measured = await measureInTurn({
    given: given.run,
    made: made.run,
    find: () => measure({ argv: find, folder: given.folder, variables }),
  }, rounds);
  const dvc = await dvcStage(given.folder, variables);
  // They take long, and vary by little.
  const { status, repro } = await measureInTurn({
    status: () => dvc("status", "-q"),
    repro: () => dvc("repro", "-q"),
  }, few);
  const isSeen: boolean[] = [];
  const { edited } = await measureInTurn({
    edited: async () => {
      await Deno.writeTextFile(join(given.folder, "data/500/50.txt"), "x", { append: true });
      const before = given.stepsRun();
      const measurement = await given.run();
      isSeen.push(given.stepsRun() === before + 1);
      return measurement;
    },
  }, few);
  await Deno.writeTextFile(join(given.folder, ".gitignore"), "number\n*dvc*\n");
  await settle(given);
  const { sources } = await measureInTurn({ sources: given.run }, few);
  const work = `${folders * filesEach} files of input, unchanged`;
  const reached = ({ wallMs, peakBytes }: { readonly wallMs: number; readonly peakBytes: number }) =>
    `${seconds(wallMs)}, ${megabytes(peakBytes)}`;
  return [
    {
      work: `${work}, tracked`,
      must: `≤ ${seconds(limitMs)}`,
      reached: `${reached(measured.given)}; \`dvc status\` ${seconds(status.wallMs)}, \`dvc repro\` ${
        reached(repro)
      }; \`find -printf\` ${seconds(measured.find.wallMs)}`,
      isReached: measured.given.wallMs <= limitMs,
    },
    {
      work: `${work}, made by the step before`,
      must: `≤ ${seconds(limitMs)}`,
      reached: reached(measured.made),
      isReached: measured.made.wallMs <= limitMs,
    },
    {
      work: `${work}, sources of the step as well`,
      must: "–",
      reached: reached(sources),
      isReached: true,
    },
    {
      work: "one of them edited",
      must: "the step runs again",
      reached: `${reached(edited)}, its own time included`,
      isReached: isSeen.every((is) => is),
    },
  ];
}

/** A step that reads the folder that `data` says. */
async function sluiceProject({ root, deno, folder, variables }: Workplace, data: string) {
  const project = await folder();
  const own = { ...variables, XDG_CACHE_HOME: await folder() };
  await Deno.writeTextFile(join(project, "pipeline.ts"), pipelineText(data));
  return {
    folder: project,
    run: () =>
      measure({
        argv: [deno, "run", "-A", join(root, "src/cli/main.ts"), "run", "--quiet"],
        folder: project,
        variables: own,
      }),
    /** How often its step ran. */
    stepsRun(): number {
      using database = new DatabaseSync(join(project, "mlflow.db"), { readOnly: true });
      const executed = "SELECT count(*) AS times FROM tags WHERE key = 'sluice.cache' AND value = 'executed'";
      return Number(database.prepare(executed).get()!["times"]);
    },
  };
}

const pipelineText = (data: string): string =>
  `import { file, given, host, pipeline, sh, step } from "sluice";

const make = step("make", {
  env: host(),
  cache: true,
  outputs: { data: file() },
  command: ({ outputs }) =>
    sh\`bash -c \${'for d in $(seq 100 1099); do mkdir -p $1/$d; cd $1/$d; for f in {10..109}; do echo $d $f > $f.txt; done; done'} make \${outputs.data}\`,
});
const count = step("count", {
  env: host(),
  cache: true,
  inputs: { data: file() },
  outputs: { number: file() },
  command: ({ inputs, outputs }) => sh\`find \${inputs.data} -type f -fprintf \${outputs.number} .\`,
});
export default pipeline("counting", {}, () => ({ number: count({ data: ${data} }).number }));
`;

async function dvcStage(folder: string, variables: Workplace["variables"]) {
  const path = await findPeer("dvc");
  await Deno.writeTextFile(
    join(folder, "dvc.yaml"),
    "stages:\n  count:\n    cmd: find data -type f -fprintf number .\n    deps: [data]\n    outs: [number]\n",
  );
  const dvc = (...args: readonly string[]) => measure({ argv: [path, ...args], folder, variables });
  await dvc("init", "-q", "--no-scm");
  await dvc("repro", "-q");
  return dvc;
}

function writeData(folder: string): void {
  for (let each = 100; each < 100 + folders; each++) {
    Deno.mkdirSync(`${folder}/${each}`, { recursive: true });
    for (let file = 10; file < 10 + filesEach; file++) {
      Deno.writeTextFileSync(`${folder}/${each}/${file}.txt`, `${each} ${file}\n`);
    }
  }
}
