/** A step that prints very much, of any bytes: its log is whole, and the program that runs it stays small. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { denoFolder } from "../../src/scheduler/deno_folder.ts";
import { configFile, readRuns, sluiceProgram, workingFolder } from "../run/run_project.ts";
import { openRandom } from "./random.ts";

const pipeline = `import { host, int, pipeline, sh, step } from "sluice";
const printing = step("printing", {
  env: host(),
  params: { times: int().default(1) },
  command: ({ params }) => sh\`sh printing.sh \${params.times}\`,
});
export default pipeline("printing", {}, () => printing({}));
`;
const script = `i=0; while [ $i -lt $1 ]; do cat piece; i=$((i+1)); done`;
const pieceBytes = 1 << 20;

/** What a step may print, a mebibyte of it. */
export const printed: Readonly<Record<string, () => Uint8Array<ArrayBuffer>>> = {
  "lines of text": () =>
    new TextEncoder().encode("epoch 12, loss 0.5, ünï ☃\n".repeat(40_000)).slice(0, pieceBytes),
  "any bytes": () => {
    const random = openRandom(7);
    return new Uint8Array(pieceBytes).map(() => random.below(256));
  },
  "empty lines": () => new Uint8Array(pieceBytes).fill(10),
  "one line without an end": () => new Uint8Array(pieceBytes).fill(65),
  "half of a letter, again and again": () => new Uint8Array(pieceBytes).fill(0xe2),
};

export interface Printing {
  readonly what: string;
  readonly megabytes: number;
  readonly flags: readonly string[];
}

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
  readonly peakBytes: number;
  readonly tookMs: number;
}

/** Checks the log to the byte. Gives what the run was, and how much memory it took at most. */
export async function checkPrinting(
  { what, megabytes, flags }: Printing,
): Promise<Printed> {
  await using folder = await workingFolder();
  const piece = printed[what]!();
  await Deno.writeTextFile(join(folder.path, "pipeline.ts"), pipeline);
  await Deno.writeTextFile(join(folder.path, "printing.sh"), script);
  await Deno.writeFile(join(folder.path, "piece"), piece);
  const startedAt = performance.now();
  const [stdout, stderr] = ["stdout", "stderr"].map((name) => join(folder.path, name));
  const running = new Deno.Command("sh", {
    // Into files: a run that waits for its reader would be slow for no fault of its own.
    args: ["-c", 'exec "$0" "$@" >stdout 2>stderr', ...denoArguments(megabytes, flags)],
    cwd: folder.path,
    env: {
      XDG_CACHE_HOME: folder.cache,
      DENO_DIR: denoFolder(Deno.env.toObject())!,
      MLFLOW_TRACKING_URI: "",
    },
  }).spawn();
  const watching = watchPeak(running.pid);
  const { code } = await running.status;
  const [peakBytes, tookMs] = [watching(), performance.now() - startedAt];
  assert.equal(code, 0);
  const step = readRuns(folder.path).find(({ name }) => name === "printing")!;
  using log = await Deno.open(join(step.artifacts, "logs/output.log"));
  for (let index = 0; index < megabytes; index++) assert.deepEqual(await readPiece(log), piece);
  assert.equal(await log.read(new Uint8Array(1)), null);
  return {
    stdout: await Deno.readTextFile(stdout!),
    stderr: await Deno.readTextFile(stderr!),
    peakBytes,
    tookMs,
  };
}

const denoArguments = (megabytes: number, flags: readonly string[]): string[] => [
  ...[Deno.execPath(), "run", "-A", "--no-check", "--config", configFile, sluiceProgram],
  ...["run", "-P", `printing.times=${megabytes}`, "--no-color", ...flags],
];

async function readPiece(file: Deno.FsFile): Promise<Uint8Array> {
  const piece = new Uint8Array(pieceBytes);
  for (let filled = 0; filled < piece.length;) {
    const count = await file.read(piece.subarray(filled));
    if (count === null) return piece.subarray(0, filled);
    filled += count;
  }
  return piece;
}

/** The most that a process had in memory, as Linux counts it; the function gives it in bytes, and stops looking. */
function watchPeak(pid: number): () => number {
  let peak = 0;
  const look = () => {
    try {
      const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
      if (kilobytes !== undefined) peak = Number(kilobytes) * 1024;
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, 20);
  return () => {
    clearInterval(timer);
    return peak;
  };
}
