/** The machine's clock is set, back or ahead, while a run is under way and between two runs. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { denoFolder } from "../../src/scheduler/deno_folder.ts";
import type { Event } from "../../src/core/event.ts";
import { realTest } from "../real_part.ts";
import { configFile, sluiceProgram, workingFolder } from "../run/run_project.ts";

/** The second step sets the clock that the program is told, as an administrator would the machine's. */
const pipeline = `import { file, host, pipeline, sh, step, string } from "sluice";
const env = host();
const first = step("first", {
  env,
  cache: true,
  sources: ["given"],
  outputs: { made: file() },
  command: ({ outputs }) => sh\`cp given \${outputs.made}\`,
});
const second = step("second", {
  env,
  params: { clock: string().default("+0s") },
  inputs: { made: file() },
  outputs: { again: file() },
  command: ({ params, inputs, outputs }) => sh\`sh second.sh \${inputs.made} \${outputs.again} \${params.clock}\`,
});
export default pipeline("clock", {}, () => ({ again: second({ made: first({}).made }).again }));
`;
const secondStep = (folder: string) =>
  `cp $1 $2; echo "$3" > ${folder}/clock.new; mv ${folder}/clock.new ${folder}/clock
sleep 0.3
`;

interface Told {
  readonly code: number;
  readonly events: readonly Event[];
  readonly stderr: string;
}

/** Runs with a clock that is so many seconds off, and so many others from the second step on. */
async function runAt(folder: string, cache: string, atFirst: number, later: number): Promise<Told> {
  await Deno.writeTextFile(join(folder, "clock"), offset(atFirst));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--config", configFile, sluiceProgram],
      ...["run", "--json", "--sandbox=off", "-P", `second.clock=${offset(later)}`],
    ],
    cwd: folder,
    env: {
      ...{ XDG_CACHE_HOME: cache, DENO_DIR: denoFolder(Deno.env.toObject())!, MLFLOW_TRACKING_URI: "" },
      ...{ LD_PRELOAD: await libfaketime(), FAKETIME_TIMESTAMP_FILE: join(folder, "clock") },
      ...{ FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" },
    },
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
  return { code, events: lines.map((line) => JSON.parse(line)), stderr: new TextDecoder().decode(stderr) };
}

const offset = (seconds: number): string => `${seconds < 0 ? "" : "+"}${seconds}s`;

async function libfaketime(): Promise<string> {
  const { stdout } = await new Deno.Command("faketime", { args: ["-f", "+0s", "printenv", "LD_PRELOAD"] })
    .output();
  return new TextDecoder().decode(stdout).trim();
}

/** Of all runs that are recorded. */
function readTimes(folder: string): { readonly startedAt: number; readonly endedAt: number }[] {
  using database = new DatabaseSync(join(folder, "mlflow.db"), { readOnly: true });
  return database.prepare("SELECT start_time, end_time FROM runs").all()
    .map((row) => ({ startedAt: Number(row["start_time"]), endedAt: Number(row["end_time"]) }));
}

const outcomes = ({ events }: Told): string[] =>
  events.flatMap((event) => event.is === "step-ended" ? [event.outcome.is] : []);

const [hour, year] = [3600, 365 * 86_400];

for (
  const [how, atFirst, later] of [
    ["set back by an hour", 0, -hour],
    ["set back by ten years", 0, -10 * year],
    ["set ahead by an hour", 0, hour],
    ["a year ahead, and put right", year, 0],
    ["ten years behind, and put right", -10 * year, 0],
  ] as const
) {
  realTest(
    ["faketime"],
    `a clock that is ${how} while a run is under way: nothing ends before it began`,
    async () => {
      await using folder = await workingFolder();
      await writeProject(folder.path);
      const told = await runAt(folder.path, folder.cache, atFirst, later);
      assert.equal(told.code, 0, told.stderr);
      assert.deepEqual(outcomes(told), ["finished", "finished"]);
      const begun = told.events[0]!.at;
      assert.ok(told.events.every(({ at }) => at >= begun));
      for (const event of told.events) {
        if (event.is === "step-ended") assert.ok(event.endedAt >= event.startedAt);
      }
      const recorded = readTimes(folder.path);
      assert.equal(recorded.length, 3);
      for (const { startedAt, endedAt } of recorded) {
        assert.ok(endedAt >= startedAt, `${startedAt} to ${endedAt}`);
        const isSane = endedAt - startedAt < 60_000 || Math.max(later - atFirst, 0) > 0;
        assert.ok(isSane, `${startedAt} to ${endedAt}`);
      }
      // The clock is another for each of these, and so are the times of what the first run left.
      const outcomesThen: string[] = [];
      for (const seconds of [0, -year, year]) {
        const again = await runAt(folder.path, folder.cache, seconds, seconds);
        assert.equal(again.code, 0, again.stderr);
        outcomesThen.push(outcomes(again)[0]!);
      }
      assert.deepEqual(outcomesThen, ["cached", "cached", "cached"]);
      await Deno.writeTextFile(join(folder.path, "given"), "other\n");
      const changed = await runAt(folder.path, folder.cache, -year, -year);
      assert.equal(outcomes(changed)[0], "finished", "a change counts whatever the clock says");
    },
  );
}

async function writeProject(folder: string): Promise<void> {
  await Deno.writeTextFile(join(folder, "pipeline.ts"), pipeline);
  await Deno.writeTextFile(join(folder, "second.sh"), secondStep(folder));
  await Deno.writeTextFile(join(folder, "given"), "given\n");
}

realTest(
  ["faketime"],
  "garbage collection with a wrong clock takes nothing that a run under way uses",
  async () => {
    await using folder = await workingFolder();
    await writeProject(folder.path);
    assert.equal((await runAt(folder.path, folder.cache, 0, 0)).code, 0);
    const collect = async (seconds: number) => {
      await Deno.writeTextFile(join(folder.path, "clock"), offset(seconds));
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--no-check", "--config", configFile, sluiceProgram],
          ...["cache", "gc", "--older-than", "30d"],
        ],
        cwd: folder.path,
        env: {
          ...{ XDG_CACHE_HOME: folder.cache, DENO_DIR: denoFolder(Deno.env.toObject())! },
          ...{ LD_PRELOAD: await libfaketime(), FAKETIME_TIMESTAMP_FILE: join(folder.path, "clock") },
        },
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    };
    await collect(-year);
    assert.deepEqual(outcomes(await runAt(folder.path, folder.cache, 0, 0))[0], "cached");
    // As if nobody had used it for a year: it goes, and is made again.
    await Promise.all([collect(year), runAt(folder.path, folder.cache, year, year)]);
    const last = await runAt(folder.path, folder.cache, 0, 0);
    assert.equal(last.code, 0, last.stderr);
  },
);
