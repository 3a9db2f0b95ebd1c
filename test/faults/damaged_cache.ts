/**
 * Damages a store of results at random, does all that is done with one, and holds what comes back against what was
 * kept: it is that, or nothing, or a refusal with a code.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openCache } from "../../src/cache/cache.ts";
import { digestsPath } from "../../src/cache/digest_memory.ts";
import { openFileDigests } from "../../src/cache/file_digests.ts";
import { openResultStore } from "../../src/cache/store.ts";
import { type Files, inFolder, keyFor, readAll, resultOf, writeFiles } from "../../src/cache/test_results.ts";
import { digestBytes } from "../../src/core/digest.ts";
import { SluiceError } from "../../src/core/error.ts";
import { digestFile } from "../../src/core/file_tree.ts";
import { getLook } from "../../src/core/look.ts";
import type { Cache } from "../../src/core/ports/cache.ts";
import type { FileDigests } from "../../src/core/ports/file_digests.ts";
import type { KeyRecord, StepResult } from "../../src/core/step_result.ts";
import { isSystemError } from "../../src/core/system_error.ts";
import { memoryFolder } from "../run/run_project.ts";
import { damages } from "./damages.ts";
import { openRandom, type Random } from "./random.ts";

const large = new Uint8Array((1 << 20) + 17).map((_, index) => index * 13);
const runs: Readonly<Record<string, Files>> = {
  one: { "a.csv": "1,2\n", model: "m", "folder/x": "x", "folder/deep/y": "y", "folder/empty": null },
  two: { "a.csv": "3,4\n", big: large, "folder/x": "x", "run.sh": { content: "#!", isProgram: true } },
  three: { "a.csv": "1,2\n", "folder/none": null },
};
const source = new TextEncoder().encode("print()\n");

interface Kept {
  readonly folder: string;
  readonly cache: Cache;
  readonly digests: FileDigests;
  readonly results: readonly (readonly [name: string, result: StepResult, files: Record<string, string>])[];
  readonly record: KeyRecord;
}

/** How often each kind of answer came. */
export interface Answers {
  right: number;
  missed: number;
  refused: number;
}

/** A case waits for the clock most of its time. */
const atOnce = 8;

/** Runs the cases `first` to `first + count - 1`; each is the same whenever it runs. Throws at the first that is wrong. */
export async function checkDamagedCaches(first: number, count: number): Promise<Answers> {
  const answers: Answers = { right: 0, missed: 0, refused: 0 };
  let next = first;
  const work = async () => {
    while (next < first + count) await checkOne(next++, answers);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return answers;
}

async function checkOne(number: number, answers: Answers): Promise<void> {
  const did: string[] = [];
  try {
    await inFolder(async (folder) => {
      const random = openRandom(number);
      const kept = await keepRuns(folder);
      for (let left = 1 + random.below(3); left > 0; left--) did.push(await damage(kept, random));
      if (random.chance(0.2)) did.push(await answer(answers, "verify", () => storeOf(kept).verify()));
      if (random.chance(0.2)) did.push(await answer(answers, "gc", () => storeOf(kept).collectGarbage({})));
      await takeAll(kept, answers);
      await keepAgain(kept, answers);
    }, memoryFolder);
  } catch (error) {
    throw new Error(`case ${number}: ${did.join(", ")}`, { cause: error });
  }
}

const storeOf = ({ folder }: Kept) => openResultStore(join(folder, "cache"), Date.now);

async function keepRuns(folder: string): Promise<Kept> {
  const cache = openCache({ cache: join(folder, "cache"), clock: Date.now });
  const results: (readonly [string, StepResult, Record<string, string>])[] = [];
  for (const [name, files] of Object.entries(runs)) {
    const run = join(folder, name);
    await writeFiles(run, files);
    const result = await resultOf(keyFor(name), run);
    await cache.keep(result, run);
    results.push([name, result, await readAll(run)]);
  }
  const record: KeyRecord = {
    ...{ version: 1, sources: { "train.py": digestBytes(source) } },
    parts: {
      ...{ key: 2, body: { is: "function", step: "train" }, sources: digestBytes("s") },
      ...{ environment: digestBytes("e"), arguments: {}, inputs: {}, outputs: {}, metrics: [] },
      permissions: { net: false, read: {}, write: [], env: {}, gpu: false },
    },
  };
  await cache.record(keyFor("one"), record, new Map([[digestBytes(source), source]]));
  await (await cache.lease(keyFor("one"), waiting)).release();
  await Deno.writeFile(join(folder, "input"), large);
  const digests = openFileDigests({ cache: join(folder, "cache"), clock: () => Date.now() + 1e11 });
  await digests.digest(join(folder, "input"), getLook(join(folder, "input")));
  await digests.close();
  return { folder, cache, digests, results, record };
}

const waiting = { signal: new AbortController().signal, onWait: () => {} };

/** Something happens to a file of the store, its memory of digests and the locks among them. */
async function damage({ folder }: Kept, random: Random): Promise<string> {
  const root = join(folder, "cache");
  const paths = Object.keys(await readAll(root)).filter((path) => !path.endsWith("/"));
  if (paths.length === 0) return "nothing is left";
  const isMemory = random.chance(0.2);
  const victim = isMemory ? digestsPath(root) : join(root, random.pick(paths));
  const other = join(root, random.pick(paths));
  const what = random.pick(Object.keys(damages));
  try {
    await damages[what]!({ path: victim, other, random });
  } catch (error) {
    // What was damaged before may not be there, or be a folder now.
    if (!isSystemError(error)) throw error;
  }
  return `${victim.slice(root.length)} ${what}`;
}

/** Nothing but a refusal may be thrown. */
async function answer(answers: Answers, name: string, work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    answers.refused++;
  }
  return name;
}

/** All that is kept is asked for. */
async function takeAll({ folder, cache, digests, results, record }: Kept, answers: Answers): Promise<void> {
  const count = (isRight: boolean) => void (isRight ? answers.right++ : answers.missed++);
  for (const [name, original, files] of results) {
    await answer(answers, "take", async () => {
      const result = await cache.find(original.key);
      if (result !== undefined) assert.deepEqual(result, original);
      const to = join(folder, "again", name);
      await Deno.mkdir(to, { recursive: true });
      const isRestored = result !== undefined && await cache.restore(result, to);
      assert.deepEqual(await readAll(to), isRestored ? files : {}, name);
      count(isRestored);
    });
    await answer(answers, "look", async () => {
      const isSame = JSON.stringify(await readAll(join(folder, name))) === JSON.stringify(files);
      const isIntact = await cache.isIntact(original, join(folder, name));
      if (isIntact) assert.ok(isSame, `${name} is not intact`);
      count(isIntact);
    });
  }
  await answer(answers, "record", async () => {
    const found = await cache.findRecord(keyFor("one"));
    if (found !== undefined) assert.deepEqual(found, record);
    const text = await cache.findText(digestBytes(source));
    if (text !== undefined) assert.deepEqual(text, source);
    count(found !== undefined && text !== undefined);
  });
  await answer(answers, "lease", async () => (await cache.lease(keyFor("one"), waiting)).release());
  await answer(answers, "digest", async () => {
    const input = join(folder, "input");
    assert.equal(await digests.digest(input, getLook(input)), await digestFile(input));
    await digests.close();
    count(true);
  });
}

/** A step whose result was lost runs again: what it makes is kept and found from then on, whatever is damaged. */
async function keepAgain({ folder, cache, results }: Kept, answers: Answers): Promise<void> {
  for (const [name, { key }, files] of results) {
    await answer(answers, "keep", async () => {
      const run = join(folder, "second", name);
      await writeFiles(run, runs[name]!);
      await cache.keep(await resultOf(key, run), run);
      const to = join(folder, "third", name);
      await Deno.mkdir(to, { recursive: true });
      const found = await cache.find(key);
      assert.ok(found !== undefined, `${name} is not found after it was kept again`);
      assert.ok(await cache.restore(found, to), `${name} is not restored after it was kept again`);
      assert.deepEqual(await readAll(to), files);
    });
  }
}
