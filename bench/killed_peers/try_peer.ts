/** Kills a peer at one moment after the other, each in a project of its own, and does what a user must do then. */
import { join } from "node:path";
import { signalProcess } from "../../src/core/processes.ts";
import { bearing } from "../../test/faults/kill/survivors.ts";
import { expectedOutput } from "./graph.ts";
import type { Finished, Peer } from "./peers.ts";

export interface PeerTally {
  readonly peer: string;
  readonly tookMs: number;
  readonly kills: number;
  /** Runs that ended before they were killed. */
  readonly missed: number;
  /** After how many kills the plain command was enough. */
  readonly plain: number;
  /** After how many kills something else was needed, by its name. */
  readonly needed: Readonly<Record<string, number>>;
  /** After how many kills nothing known here helped, or the output was another one. */
  readonly wrong: number;
  /** After how many kills processes of steps lived on. */
  readonly survived: number;
  /** Steps whose script had ended when the run was killed, and such that ran again. */
  readonly ended: number;
  readonly again: number;
  /** The same of those that had ended at least half a second before. */
  readonly longEnded: number;
  readonly longAgain: number;
}

const longMs = 500;
/** What is killed with its parent takes a moment to be gone. */
const dyingMs = 50;
/** How long after a kill a user is taken to look, and to type the command again. */
const pauseMs = 300;

/** `deno` is where Deno keeps its packages. */
export async function tryPeer(peer: Peer, kills: number, deno: string): Promise<PeerTally> {
  const tookMs = await withProject(peer, deno, async (project) => {
    const before = Date.now();
    const { code, said } = await project.run(peer.command);
    if (code !== 0) throw new Error(said);
    return Date.now() - before;
  });
  const needed: Record<string, number> = {};
  const sum = { missed: 0, plain: 0, wrong: 0, survived: 0, ended: 0, again: 0, longEnded: 0, longAgain: 0 };
  for (let kill = 0; kill < kills; kill++) {
    await withProject(peer, deno, async (project) => {
      const killedAt = await project.kill(peer.command, tookMs * (kill + 0.5) / kills);
      if (killedAt === undefined) return void sum.missed++;
      const before = project.log();
      await pause(dyingMs);
      if (bearing(project.folder).length > 0) sum.survived++;
      await pause(pauseMs - dyingMs);
      const { remedies, isDone } = await goOn(peer, project);
      if (remedies.size === 0 && isDone) sum.plain++;
      for (const name of remedies) needed[name] = (needed[name] ?? 0) + 1;
      if (!isDone || peer.readOutput(project.project) !== expectedOutput()) sum.wrong++;
      const after = project.log();
      for (const { step, at } of before.filter(({ is }) => is === "end")) {
        const isLong = killedAt - at >= longMs;
        const begins = (lines: readonly Line[]) =>
          lines.filter((line) => line.is === "begin" && line.step === step).length;
        const isAgain = begins(after) > begins(before);
        sum.ended++;
        if (isAgain) sum.again++;
        if (isLong) sum.longEnded++;
        if (isLong && isAgain) sum.longAgain++;
      }
    });
  }
  return { peer: peer.name, tookMs, kills: kills - sum.missed, ...sum, needed };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The plain command, and then what its words ask for: each counts once, and is done as often as it takes. */
async function goOn(peer: Peer, project: Project) {
  const remedies: string[] = [];
  let command = peer.command;
  for (let round = 0; round < 5; round++) {
    const { code, said } = await project.run(command);
    if (code === 0) return { remedies: new Set(remedies), isDone: true };
    const remedy = peer.remedies.find(({ when }) => when.test(said));
    if (remedy === undefined || round === 4) {
      console.error(`${peer.name}: nothing known helps: ${said.slice(-600)}`);
    }
    if (remedy === undefined) break;
    remedies.push(remedy.name);
    if (remedy.before !== undefined) await project.run(remedy.before);
    command = remedy.instead ?? command;
  }
  return { remedies: new Set(remedies), isDone: false };
}

interface Line {
  readonly is: string;
  readonly step: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

interface Project {
  readonly folder: string;
  readonly project: string;
  run(command: readonly string[]): Promise<Finished>;
  /** Kills the program alone, as `kill -9` of its process does; gives when, or undefined where it had ended. */
  kill(command: readonly string[], afterMs: number): Promise<number | undefined>;
  log(): Line[];
}

async function withProject<T>(peer: Peer, deno: string, use: (project: Project) => Promise<T>): Promise<T> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-peer-" }));
  const project = join(folder, "project");
  const log = join(folder, "log");
  for (const path of [project, log, join(folder, "cache")]) await Deno.mkdir(path);
  const options = {
    cwd: project,
    env: {
      XDG_CACHE_HOME: join(folder, "cache"),
      ...{ DENO_DIR: deno, STEP_LOG: log, DVC_NO_ANALYTICS: "1", NO_COLOR: "1", MLFLOW_TRACKING_URI: "" },
    },
    stdin: "null",
  } as const;
  const run = async ([program, ...args]: readonly string[]): Promise<Finished> => {
    const output = await new Deno.Command(program!, { args, ...options }).output();
    const said = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
    return { code: output.code, said };
  };
  const kill = async ([program, ...args]: readonly string[], afterMs: number) => {
    // Into nothing: a pipe that children hold would keep this waiting for them.
    const running = new Deno.Command(program!, { args, ...options, stdout: "null", stderr: "null" }).spawn();
    let killedAt: number | undefined;
    const timer = setTimeout(() => {
      killedAt = Date.now();
      signalProcess(running.pid, "SIGKILL");
    }, afterMs);
    const { signal } = await running.status;
    clearTimeout(timer);
    return signal === "SIGKILL" ? killedAt : undefined;
  };
  try {
    await peer.prepare(project, run);
    return await use({ folder, project, run, kill, log: () => readLog(join(log, "steps")) });
  } finally {
    for (const line of bearing(folder)) signalProcess(Number.parseInt(line), "SIGKILL");
    await Deno.remove(folder, { recursive: true });
  }
}

function readLog(path: string): Line[] {
  try {
    return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "").map((line) => {
      const [is, step, at] = line.split(" ");
      return { is: is!, step: step!, at: Number(at) };
    });
  } catch {
    return [];
  }
}
