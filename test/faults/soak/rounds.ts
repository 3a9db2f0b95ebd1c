/** What a round of the soak does to the projects: runs that end well, badly, or are killed. */
import assert from "node:assert/strict";
import { configFile, finish, type Finished, sluiceProgram } from "../../run/run_project.ts";
import type { Random } from "../random.ts";
import type { Places } from "./traces.ts";

export interface Surroundings {
  readonly places: Places;
  readonly variables: Readonly<Record<string, string>>;
  readonly random: Random;
  /** The highest number that was asked for; each new one is a step that is not kept. */
  lastNumber: number;
}

type Round = (surroundings: Surroundings) => Promise<void>;

export const rounds: Readonly<Record<string, Round>> = {
  "a new run": (around) => expect(start(around, pick(around), newNumber(around)), 0),
  "a run of kept steps": (around) => expect(start(around, pick(around), oldNumber(around)), 0),
  "a step that fails": (around) => expect(start(around, pick(around), ["-e", "failing"], "troubles"), 1),
  "a step that leaves daemons": (around) =>
    expect(
      start(around, pick(around), ["-e", "leaving", ...sandbox(around)], "troubles"),
      0,
    ),
  "steps with a server and a proxy": async (around) => {
    await expect(start(around, pick(around), ["-e", "served"], "troubles"), 0);
    await expect(start(around, pick(around), ["-e", "connected"], "troubles"), 0);
  },
  "SIGINT": (around) => stop(around, "SIGINT", [0, 130]),
  "SIGTERM": (around) => stop(around, "SIGTERM", [0, 143]),
  "SIGKILL in a run": (around) => stop(around, "SIGKILL", [0, 137]),
  "SIGKILL while a step sleeps": (around) =>
    stop(around, "SIGKILL", [137], ["-e", "sleeping", ...sandbox(around)], "troubles"),
  "two runs of one project at once": async (around) => {
    const project = pick(around);
    const number = newNumber(around);
    await Promise.all([
      expect(start(around, project, number), 0),
      expect(start(around, project, around.random.chance(0.5) ? number : oldNumber(around)), 0),
    ]);
  },
  "two runs of one project at once, one killed": async (around) => {
    const project = pick(around);
    const number = newNumber(around);
    const killed = start(around, project, number);
    const other = expect(start(around, project, number), 0);
    await pause(around.random.below(2500));
    kill(killed, "SIGKILL");
    await Promise.all([finish(killed), other]);
  },
  "garbage collected beside a run": async (around) => {
    const running = expect(start(around, pick(around), newNumber(around)), 0);
    await collect(around, "4MB");
    await running;
  },
};

/** Runs a pipeline of kept steps in each project: it mends what was left there. How long it took, in milliseconds. */
export async function mend(around: Surroundings): Promise<number> {
  const startedAt = performance.now();
  for (const project of around.places.projects) {
    await expect(start(around, project, ["-P", "number=0"]), 0);
    // Its steps' sockets are made anew, so that forsaken ones go.
    await expect(start(around, project, ["-e", "connected"], "troubles"), 0);
  }
  return performance.now() - startedAt;
}

/** `sluice cache gc`. */
export async function collect(around: Surroundings, max: string): Promise<void> {
  const child = startProgram(around, around.places.root, ["cache", "gc", "--max", max]);
  await expect(child, 0);
}

function start(
  around: Surroundings,
  project: string,
  args: readonly string[],
  pipeline = "soak",
): Deno.ChildProcess {
  return startProgram(around, project, ["run", `pipeline.ts#${pipeline}`, "--quiet", ...args]);
}

const startProgram = ({ variables }: Surroundings, cwd: string, args: readonly string[]) =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", configFile, sluiceProgram, ...args],
    cwd,
    clearEnv: true,
    env: { ...variables },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" } as const,
  }).spawn();

async function stop(
  around: Surroundings,
  signal: Deno.Signal,
  codes: readonly number[],
  args: readonly string[] = newNumber(around),
  pipeline?: string,
): Promise<void> {
  const running = start(around, pick(around), args, pipeline);
  await pause(around.random.below(2500));
  kill(running, signal);
  const { code, stderr } = await finish(running);
  // Before our program has its listeners, a signal ends Deno as it ends any program.
  const isNative = code === (signal === "SIGINT" ? 130 : signal === "SIGTERM" ? 143 : 137);
  assert.ok(isNative || codes.includes(code), `${signal} gave ${code}: ${stderr}`);
}

/** What has ended already is killed in vain. */
function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function expect(child: Deno.ChildProcess, code: number): Promise<void> {
  const finished: Finished = await finish(child);
  assert.equal(finished.code, code, `${finished.stdout}\n${finished.stderr}`);
}

const pick = ({ places, random }: Surroundings): string => random.pick(places.projects);
const newNumber = (around: Surroundings): string[] => ["-P", `number=${++around.lastNumber}`];
const oldNumber = ({ random, lastNumber }: Surroundings): string[] => [
  "-P",
  `number=${random.below(lastNumber + 1)}`,
];
const sandbox = ({ random }: Surroundings): string[] => random.chance(0.5) ? ["--sandbox=off"] : [];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
