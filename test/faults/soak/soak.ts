/**
 * A soak: runs, kills and collections at random for so long, and a program that calls `pipeline.run()` all along.
 * After each round what was left is looked for; what the long-living program holds must level off.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { denoFolder } from "../../../src/scheduler/deno_folder.ts";
import { openRandom } from "../random.ts";
import { type EndlessProgram, startEndlessProgram } from "./endless_program.ts";
import type { Held, Request } from "./requests.ts";
import { collect, mend, rounds, type Surroundings } from "./rounds.ts";
import { bytesBelow, findTraces, leaseCount, type Places, type Traces } from "./traces.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const source = new URL("./", import.meta.url);

/** What was measured when a round was over. */
export interface Measured {
  readonly round: number;
  readonly did: string;
  readonly afterMs: number;
  /** Of the runs that mend. */
  readonly mendMs: number;
  readonly held: Held;
  readonly left: Readonly<Record<keyof Traces, number>>;
  readonly leases: number;
  readonly cacheBytes: number;
}

/** Rounds between two collections of garbage. */
const collectEvery = 6;

/** Throws at the first round that leaves anything; gives all that was measured. */
export async function soak(
  { durationMs, seed, onRound = () => {} }: {
    readonly durationMs: number;
    readonly seed: number;
    readonly onRound?: (measured: Measured) => void;
  },
): Promise<readonly Measured[]> {
  const places = await makePlaces();
  const around: Surroundings = {
    places,
    variables: {
      PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
      HOME: places.root,
      XDG_CACHE_HOME: places.cache,
      TMPDIR: places.temporary,
      DENO_DIR: denoFolder(Deno.env.toObject())!,
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
    },
    random: openRandom(seed),
    lastNumber: 0,
  };
  const startedAt = performance.now();
  const all: Measured[] = [];
  const endless = startEndlessProgram(places.projects[0]!, around.variables);
  try {
    const deck: string[] = [];
    for (let round = 1; performance.now() - startedAt < durationMs; round++) {
      // Each sort of round comes as often as any other, in an order of its own.
      if (deck.length === 0) deck.push(...shuffled(Object.keys(rounds), around));
      const did = deck.pop()!;
      await rounds[did]!(around);
      const held = await runEndlessly(endless, around);
      const mendMs = await mend(around);
      if (round % collectEvery === 0) await collect(around, "8MB");
      const traces = await settledTraces(places, [endless.pid], round % collectEvery === 0);
      const measured: Measured = {
        ...{ round, did, mendMs, held },
        afterMs: performance.now() - startedAt,
        left: countAll(traces),
        leases: leaseCount(join(places.cache, "sluice")),
        cacheBytes: bytesBelow(join(places.cache, "sluice")),
      };
      onRound(measured);
      all.push(measured);
      for (const [what, left] of Object.entries(traces)) {
        assert.deepEqual(left, [], `${what} left after round ${round}, ${did}`);
      }
      if (round % collectEvery === 0) assert.equal(measured.leases, 0);
    }
    const { code, stderr } = await endless.end();
    assert.equal(code, 0, stderr);
    assert.deepEqual(findTraces(places, []).processes, []);
  } catch (error) {
    await endless.end().catch(() => {});
    throw error;
  } finally {
    await Deno.remove(places.root, { recursive: true }).catch(() => {});
  }
  return all;
}

/** A run of each sort in the long-living program; what it holds after the last. */
async function runEndlessly(endless: EndlessProgram, around: Surroundings): Promise<Held> {
  const { random } = around;
  const requests: readonly (readonly [Request, readonly string[]])[] = [
    [{ number: ++around.lastNumber }, ["finished"]],
    [{ number: 0, entryPoint: "failing" }, ["STEP_FAILED"]],
    [{ number: 0, entryPoint: "sleeping", afterMs: 1 + random.below(800) }, ["RUN_INTERRUPTED"]],
    [{ number: 0, entryPoint: random.pick(["leaving", "served", "connected"]) }, ["finished"]],
    [{ number: 0 }, ["finished"]],
  ];
  let held: Held | undefined;
  for (const [request, outcomes] of requests) {
    held = await endless.run(request);
    assert.ok(outcomes.includes(held.outcome), `${JSON.stringify(request)} gave ${held.outcome}`);
  }
  return held!;
}

/** What is not gone within seconds stays. Between two collections of garbage the cache may hold parts of killed runs. */
async function settledTraces(
  places: Places,
  known: readonly number[],
  isCollected: boolean,
): Promise<Traces> {
  for (let tries = 0;; tries++) {
    const found = findTraces(places, known);
    const traces = isCollected ? found : { ...found, cacheParts: [] };
    if (tries === 50 || Object.values(traces).every((left) => left.length === 0)) return traces;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const countAll = (traces: Traces): Measured["left"] =>
  Object.fromEntries(Object.entries(traces).map(([what, left]) => [what, left.length])) as Measured["left"];

/** Descriptors, threads and memory of the long-living program, from its first rounds to its last. */
export function checkHeld(all: readonly Measured[]): void {
  const held = all.map((measured) => measured.held);
  const [warm, last] = [held[Math.min(held.length, warmRounds) - 1]!, held.at(-1)!];
  assert.deepEqual(last.descriptors, warm.descriptors);
  const quarter = Math.floor(held.length / 4);
  if (quarter < warmRounds) return;
  const middle = (from: number, measure: (each: Held) => number) =>
    held.slice(from, from + quarter).map(measure).sort((a, b) => a - b)[Math.floor(quarter / 2)]!;
  for (const measure of [(each: Held) => each.residentBytes, (each: Held) => each.threads]) {
    const [second, fourth] = [middle(quarter, measure), middle(3 * quarter, measure)];
    assert.ok(fourth <= second * 1.1, `${second} in the second quarter, ${fourth} in the last`);
  }
}

/** By then all modules are loaded and all sorts of runs were run. */
const warmRounds = 3;

function shuffled(names: readonly string[], { random }: Surroundings): string[] {
  const left = [...names];
  return names.map(() => left.splice(random.below(left.length), 1)[0]!);
}

async function makePlaces(): Promise<Places> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-soak-" }));
  const places = {
    root,
    projects: ["one", "two"].map((name) => join(root, name)),
    cache: join(root, "cache"),
    temporary: join(root, "temporary"),
  };
  for (const folder of [...places.projects, places.cache, places.temporary]) await Deno.mkdir(folder);
  const config = { links: [repository], imports: { sluice: "jsr:@sluice/sluice@^0.1" } };
  for (const project of places.projects) {
    for (const file of ["pipeline.ts", "made.sh"]) {
      await Deno.copyFile(new URL(file, source), join(project, file));
    }
    await Deno.writeTextFile(join(project, "deno.json"), JSON.stringify(config));
  }
  return places;
}
