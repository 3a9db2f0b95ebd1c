/** Bench: how long programs take and how much memory they need. This file: measuring one of them. */
import { fileURLToPath } from "node:url";

/** A program as it is measured. */
export interface Measured {
  readonly argv: readonly [string, ...string[]];
  readonly folder: string;
  /** All of its environment. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface Measurement {
  readonly wallMs: number;
  /** Of the largest process among the program and the children it waited for. */
  readonly peakBytes: number;
  readonly stdout: string;
}

/** Runs the program once; throws when it does not exit with 0, with what it said. */
export async function measure(program: Measured): Promise<Measurement> {
  const helper = fileURLToPath(new URL("measure.py", import.meta.url));
  const child = new Deno.Command("python3", { args: [helper], stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(program)));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error(`the helper that measures ${program.argv.join(" ")} failed`);
  const measured = JSON.parse(new TextDecoder().decode(stdout));
  if (measured.code !== 0) {
    const said = `${measured.stdout}${measured.stderr}`.trimEnd().split("\n").slice(-15).join("\n");
    throw new Error(`${program.argv.join(" ")} ended with exit code ${measured.code}:\n${said}`);
  }
  return measured;
}

/** Each in turn, `rounds` times over, so that what else the machine does meets all of them alike. */
export async function measureInTurn<Name extends string>(
  programs: Readonly<Record<Name, () => Promise<Measurement>>>,
  rounds: number,
): Promise<Record<Name, Summary>> {
  const names = Object.keys(programs) as Name[];
  const all = new Map(names.map((name) => [name, [] as Measurement[]]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) all.get(name)!.push(await programs[name]());
  }
  return Object.fromEntries(names.map((name) => [name, summarise(all.get(name)!)])) as Record<Name, Summary>;
}

/** Medians of several measurements. */
export interface Summary {
  readonly wallMs: number;
  readonly peakBytes: number;
}

const summarise = (all: readonly Measurement[]): Summary => ({
  wallMs: median(all.map((each) => each.wallMs)),
  peakBytes: median(all.map((each) => each.peakBytes)),
});

/** The mean of the middle two of an even number; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}
