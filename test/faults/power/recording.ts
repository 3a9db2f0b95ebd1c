/** Runs a pipeline three times under strace: all that it did to its disk, and all that it said meanwhile. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Digest } from "../../../src/core/digest.ts";
import type { Event, StepReport } from "../../../src/core/event.ts";
import { isProgram, walkTree } from "../../../src/core/file_tree.ts";
import { type Disk, type DiskCall, openDisk } from "./disk.ts";
import { remainsOf } from "./remains.ts";
import { readTrace, tracedCalls } from "./trace.ts";

const projectSource = fileURLToPath(new URL("./project/", import.meta.url));
const sluiceSource = fileURLToPath(new URL("../../../", import.meta.url));

/** Executed; taken from the cache; with one parameter changed, after an output that is kept was removed. */
const recordedRuns: readonly (readonly string[])[] = [[], [], ["--rate", "0.25"]];
const removed = "mlruns/*/*/artifacts/picture.svg";

export interface Recording {
  readonly project: string;
  /** What `XDG_CACHE_HOME` names. */
  readonly cache: string;
  /** For whatever a check makes. */
  readonly scratch: string;
  readonly calls: readonly DiskCall[];
  /** Every step that ended well, of all runs. */
  readonly steps: readonly StepReport[];
  /** A disk as it was before the first call. */
  open(options?: { readonly isJournalled: boolean }): Disk;
  [Symbol.asyncDispose](): Promise<void>;
}

/** `source` is the tree of sluice to run, this one when absent. Throws when the calls do not explain what is on the disk. */
export async function recordRuns(source = sluiceSource): Promise<Recording> {
  const base = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-power-" }));
  const [project, cache, scratch] = ["project", "cache", "scratch"].map((name) => join(base, name));
  for (const path of [project!, cache!, scratch!]) await Deno.mkdir(path);
  for (const file of ["pipeline.ts", "steps.sh"]) {
    await Deno.copyFile(join(projectSource, file), join(project!, file));
  }
  const roots = [project!, cache!];
  const before = await readFolders(roots);
  const [said, trace] = [join(base, "said.jsonl"), join(base, "trace")];
  await runTraced(source, { project: project!, cache: cache!, said, trace });
  const calls = readTrace(await readLatin1(trace), { roots, said });
  await Deno.remove(trace);
  const recording: Recording = {
    ...{ project: project!, cache: cache!, scratch: scratch!, calls },
    steps: saidIn(calls.map((call) => call.is === "say" ? call.text : "").join("")).flatMap((event) =>
      event.is === "step-ended" ? [event] : []
    ),
    open: (options) => openDisk(roots, before, options),
    [Symbol.asyncDispose]: () => Deno.remove(base, { recursive: true }),
  };
  await assertExplained(recording, roots);
  return recording;
}

/** The events of `--json`; a line that was not said to its end is none. */
export const saidIn = (text: string): Event[] =>
  text.split("\n").slice(0, -1).map((line) => JSON.parse(line));

/** The digest of each output of a step, by the key that it was made under. */
export function digestsByKey(
  steps: readonly StepReport[],
): ReadonlyMap<string, Readonly<Record<string, Digest>>> {
  return new Map(steps.map(({ key, outputs }) => [
    key!,
    Object.fromEntries(Object.entries(outputs).map(([name, { digest }]) => [name, digest as Digest])),
  ]));
}

/** Of what a run of sluice is given; Deno's own packages stay where they are. */
export function runEnvironment(cache: string): Record<string, string> {
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => !/^(MLFLOW_|SLUICE_)/.test(name));
  const usual = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/", ".cache");
  return {
    ...Object.fromEntries(inherited),
    ...{ XDG_CACHE_HOME: cache, DENO_DIR: Deno.env.get("DENO_DIR") ?? join(usual, "deno"), NO_COLOR: "1" },
  };
}

/** The arguments after `deno`. */
export const runArguments = (source: string, given: readonly string[]): string[] => [
  ...["run", "-A", "--quiet", "--config", join(source, "deno.json"), join(source, "src/cli/main.ts")],
  ...["run", ".", "--json", ...given],
];

async function runTraced(
  source: string,
  at: { readonly project: string; readonly cache: string; readonly said: string; readonly trace: string },
): Promise<void> {
  const [first, second, third] = recordedRuns.map((given) =>
    [Deno.execPath(), ...runArguments(source, given)].map((word) => `'${word}'`).join(" ")
  );
  const { success, stderr } = await new Deno.Command("strace", {
    args: [
      ...["-f", "--seccomp-bpf", "-y", "-xx", "-s", String(1 << 28), "-o", at.trace],
      ...[
        "-e",
        `trace=${tracedCalls.join(",")}`,
        "sh",
        "-ec",
        `{ ${first}\n${second}\nrm ${removed}\n${third}\n} >'${at.said}'`,
      ],
    ],
    cwd: at.project,
    clearEnv: true,
    env: runEnvironment(at.cache),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    const said = await Deno.readTextFile(at.said).catch(() => "");
    throw new Error(`${new TextDecoder().decode(stderr)}\n${said.slice(-3000)}`);
  }
}

const readLatin1 = async (path: string): Promise<string> =>
  new TextDecoder("latin1").decode(await Deno.readFile(path));

async function readFolders(roots: readonly string[]) {
  const found = new Map<string, { readonly bytes: Uint8Array; readonly isProgram: boolean } | "folder">();
  for (const root of roots) {
    for await (const entry of walkTree(root)) {
      const path = join(root, entry.path);
      if (entry.is !== "file") found.set(path, "folder");
      else {found.set(path, {
          bytes: await Deno.readFile(path),
          isProgram: isProgram(await Deno.lstat(path)),
        });}
    }
  }
  return found;
}

/** A call that strace does not show, or that was read wrongly, leaves another tree than the one on the disk. */
async function assertExplained(recording: Recording, roots: readonly string[]): Promise<void> {
  const disk = recording.open();
  recording.calls.forEach((call) => disk.apply(call));
  const told = remainsOf(disk, { leaves: "all" });
  const real = await readFolders(roots);
  assert.deepEqual([...told.keys()].filter((path) => !roots.includes(path)).sort(), [...real.keys()].sort());
  for (const [path, found] of real) {
    const expected = told.get(path)!;
    if (found === "folder") assert.equal(expected.is, "folder", path);
    else {
      assert.ok(
        expected.is === "file" && equalBytes(expected.read(), found.bytes),
        `${path} has other bytes`,
      );
      assert.equal(expected.isProgram, found.isProgram, `${path} has other rights`);
    }
  }
}

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);
