/** What is remembered of results and of files is never more than they are. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Cache } from "../core/ports/cache.ts";
import type { StepResult } from "../core/step_result.ts";
import { openCache } from "./cache.ts";
import { digestsPath, openDigestMemory } from "./digest_memory.ts";
import { openResultStore } from "./store.ts";
import { inFolder, keyFor, readAll, resultOf, writeFiles } from "./test_results.ts";

/** An hour from now: what was just written counts as settled, and as used today. */
const clock = () => Date.now() + 3_600_000;
const scope = "file:///project/pipeline.ts";
const names = ["one", "two", "three"];
const key = keyFor("two");
const hex = key.slice("sha256:".length);
const entryOf = (folder: string) => join(folder, "cache/store/results", hex.slice(0, 2), `${hex}.json`);

interface Fixture {
  readonly folder: string;
  readonly results: ReadonlyMap<string, StepResult>;
  /** As another process would. */
  use(cache?: string): Promise<boolean[]>;
}

/** Three results that a project used twice, so that its next process has them by heart. */
function withUsed(work: (fixture: Fixture) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    const results = new Map<string, StepResult>();
    const first = openCache({ cache: join(folder, "cache"), clock, scope });
    for (const name of names) {
      const run = join(folder, name);
      await writeFiles(run, {
        "out.csv": `of ${name}`,
        "model/a": name,
        "model/run": { content: `#!${name}`, isProgram: true },
      });
      const result = await resultOf(keyFor(name), run);
      results.set(name, result);
      await first.keep(result, run);
    }
    await first.close();
    const use = async (cache = join(folder, "cache")) => {
      const opened = openCache({ cache, clock, scope });
      const used: boolean[] = [];
      for (const name of names) used.push(await isFoundIntact(opened, name, folder, results));
      await opened.close();
      return used;
    };
    assert.deepEqual(await use(), [true, true, true]);
    assert.deepEqual(await use(), [true, true, true]);
    await work({ folder, results, use });
  });
}

async function isFoundIntact(
  cache: Cache,
  name: string,
  folder: string,
  results: ReadonlyMap<string, StepResult>,
): Promise<boolean> {
  const found = cache.find(keyFor(name));
  if (found === undefined) return false;
  assert.deepEqual(found, results.get(name));
  return await cache.isIntact(found, join(folder, name));
}

/** In place, with the size and times it had. */
function rewrite(path: string, change: (text: string) => string): void {
  const { atime, mtime, size } = Deno.lstatSync(path);
  const text = change(Deno.readTextFileSync(path));
  assert.equal(new TextEncoder().encode(text).length, size);
  Deno.chmodSync(path, 0o644);
  Deno.writeTextFileSync(path, text);
  Deno.utimeSync(path, atime!, mtime!);
}

Deno.test("results that a project used are had from its memory, and by nobody else", () =>
  withUsed(async ({ folder }) => {
    const memory = openDigestMemory(join(folder, "cache"), clock);
    const text = memory.findText(`results 0 ${scope}`, "")!;
    assert.equal(text.split("\n").length, 2 * names.length + 1);
    memory.putText(`results 0 ${scope}`, "", text.replaceAll('"rmse"', '"told"'));
    await memory.flush();
    memory.close();
    const metricFor = async (scope?: string) => {
      const cache = openCache({
        cache: join(folder, "cache"),
        clock,
        ...(scope === undefined ? {} : { scope }),
      });
      const found = cache.find(key)!.metrics[0]!.key;
      await cache.close();
      return found;
    };
    assert.deepEqual(
      [await metricFor(scope), await metricFor("file:///other/pipeline.ts"), await metricFor()],
      ["told", "rmse", "rmse"],
    );
  }));

Deno.test("a result of so many files that it takes a megabyte is remembered as others are", () =>
  inFolder(async (folder) => {
    const run = join(folder, "run");
    const files = Array.from({ length: 6000 }, (_, index) => [`many/${index % 50}/${index}`, `${index}`]);
    await writeFiles(run, Object.fromEntries(files));
    const result = await resultOf(key, run);
    const use = async (work: (cache: Cache) => Promise<unknown>) => {
      const cache = openCache({ cache: join(folder, "cache"), clock, scope });
      await work(cache);
      await cache.close();
    };
    const isIntact = (cache: Cache) => Promise.resolve(cache.isIntact(cache.find(key)!, run));
    await use((cache) => cache.keep(result, run));
    assert.ok(Deno.lstatSync(entryOf(folder)).size > 1e6 / 2);
    await use(async (cache) => assert.ok(await isIntact(cache)));
    await use(async (cache) => assert.ok(await isIntact(cache)));
    const memory = openDigestMemory(join(folder, "cache"), clock);
    assert.equal(memory.findText(`results 0 ${scope}`, "")?.split("\n").length, 3);
    memory.close();
    rewrite(join(run, "many/7/57"), () => "75");
    await use(async (cache) => assert.ok(!await isIntact(cache)));
  }));

for (
  const [what, change, expected] of [
    ["nothing changed", () => {}, true],
    ["the kept result has another digit, with size and times as before", (folder: string) => {
      rewrite(entryOf(folder), (text) => text.replace('"step":0', '"step":1'));
    }, false],
    ["the kept result is gone", (folder: string) => Deno.removeSync(entryOf(folder)), false],
    ["the kept result is a link to what it was", (folder: string) => {
      Deno.renameSync(entryOf(folder), join(folder, "moved"));
      Deno.symlinkSync(join(folder, "moved"), entryOf(folder));
    }, false],
    ["the folder of the kept result is a link to what it was", (folder: string) => {
      const above = join(entryOf(folder), "..");
      Deno.renameSync(above, join(folder, "moved"));
      Deno.symlinkSync(join(folder, "moved"), above);
    }, false],
    ["the kept result was written again as it was", (folder: string) => {
      Deno.writeTextFileSync(entryOf(folder), Deno.readTextFileSync(entryOf(folder)));
    }, true],
    ["an output has other bytes, with size and times as before", (folder: string) => {
      rewrite(join(folder, "two/out.csv"), () => "of owt");
    }, false],
    ["a file of an output is another of the same bytes", (folder: string) => {
      Deno.copyFileSync(join(folder, "two/model/a"), join(folder, "copy"));
      Deno.renameSync(join(folder, "copy"), join(folder, "two/model/a"));
    }, true],
    [
      "a program is none any more",
      (folder: string) => Deno.chmodSync(join(folder, "two/model/run"), 0o444),
      false,
    ],
    ["an output has one file more", (folder: string) => {
      Deno.writeTextFileSync(join(folder, "two/model/b"), "");
    }, false],
    ["the memory is gone", (folder: string) => Deno.removeSync(digestsPath(join(folder, "cache"))), true],
    ["the memory is cut short", (folder: string) => {
      Deno.truncateSync(digestsPath(join(folder, "cache")), 5000);
    }, true],
    ["a digit of a stamp in the memory is another", (folder: string) => {
      const path = digestsPath(join(folder, "cache"));
      const bytes = Deno.readFileSync(path);
      const at = new TextDecoder("latin1").decode(bytes).indexOf(`${hex}/`) + hex.length + 1;
      assert.ok(at > hex.length);
      bytes[at] = bytes[at] === 0x30 ? 0x31 : 0x30;
      Deno.writeFileSync(path, bytes);
    }, true],
  ] as readonly (readonly [string, (folder: string) => void, boolean])[]
) {
  Deno.test(`a result is ${expected ? "found intact" : "no longer taken"} where ${what}, however often it was`, () =>
    withUsed(async ({ folder, use }) => {
      change(folder);
      for (const _ of [1, 2]) assert.deepEqual(await use(), [true, expected, true]);
    }));
}

Deno.test("a cache that was copied remembers nothing of the copy", () =>
  withUsed(async ({ folder, use }) => {
    const copy = join(folder, "copy");
    const { success } = await new Deno.Command("cp", { args: ["-a", join(folder, "cache"), copy] }).output();
    assert.ok(success);
    rewrite(entryOf(folder).replace("/cache/", "/copy/"), (text) => text.replace('"step":0', '"step":1'));
    assert.deepEqual(await use(copy), [true, false, true]);
    assert.deepEqual(await use(), [true, true, true]);
  }));

Deno.test("what garbage collection removed is not found, and what it leaves is", () =>
  withUsed(async ({ folder, results, use }) => {
    await openResultStore(join(folder, "cache"), clock).collectGarbage({ maxBytes: 0 });
    assert.deepEqual(await use(), [false, false, false]);
    const cache = openCache({ cache: join(folder, "cache"), clock, scope });
    await cache.keep(results.get("two")!, join(folder, "two"));
    await cache.close();
    assert.deepEqual(await use(), [false, true, false]);
  }));

Deno.test("a use counts once a day, also of what is remembered", () =>
  withUsed(async ({ folder }) => {
    const dayMs = 86_400_000;
    const usedOn = async (day: number): Promise<number> => {
      const now = () => Date.now() + day * dayMs;
      const cache = openCache({ cache: join(folder, "cache"), clock: now, scope });
      assert.ok(await cache.isIntact(cache.find(key)!, join(folder, "two")));
      await cache.close();
      return Math.round((Deno.lstatSync(entryOf(folder)).mtime!.getTime() - Date.now()) / dayMs) + 0;
    };
    assert.deepEqual([await usedOn(0.5), await usedOn(2), await usedOn(2.5), await usedOn(4)], [0, 2, 2, 4]);
  }));

Deno.test("a file changed right after it was kept or found intact is seen, however fast", () =>
  inFolder(async (folder) => {
    const cache = openCache({ cache: join(folder, "cache"), clock: Date.now, scope });
    for (let round = 0; round < 20; round++) {
      const run = join(folder, `${round}`);
      await writeFiles(run, { small: "aaaa", large: new Uint8Array((1 << 20) + 1) });
      const result = await resultOf(keyFor(`${round}`), run);
      await cache.keep(result, run);
      if (round % 2 === 0) assert.equal(await cache.isIntact(result, run), true);
      const before = await readAll(run);
      rewrite(join(run, round % 4 < 2 ? "small" : "large"), (text) => `b${text.slice(1)}`);
      assert.notDeepEqual(await readAll(run), before);
      assert.equal(await cache.isIntact(result, run), false);
    }
    await cache.close();
  }));
