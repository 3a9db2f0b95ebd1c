import assert from "node:assert/strict";
import { join } from "node:path";
import { digestBytes } from "../core/digest.ts";
import type { Cache } from "../core/ports/cache.ts";
import type { StepResult } from "../core/step_result.ts";
import { openCache } from "./cache.ts";
import type { GarbageOptions } from "./garbage.ts";
import { openResultStore, type ResultStore } from "./store.ts";
import { inFolder, keyFor, readAll, resultOf, writeFiles } from "./test_results.ts";

const dayMs = 86_400_000;
const start = Date.parse("2026-01-01T00:00:00Z");
const options = { signal: new AbortController().signal, onWait: () => {} };

interface Fixture {
  readonly folder: string;
  readonly cache: Cache;
  readonly store: ResultStore;
  readonly results: Readonly<Record<string, StepResult>>;
  at(day: number): void;
}

/** Three runs: `old` used on day 0, `middle` on day 10, `recent` on day 20; all share one file. Today is day 30. */
function withRuns(work: (fixture: Fixture) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    let now = start;
    const clock = () => now;
    const at = (day: number) => void (now = start + day * dayMs);
    const cache = openCache({ cache: join(folder, "cache"), clock });
    const results: Record<string, StepResult> = {};
    for (const [name, day] of [["old", 0], ["middle", 10], ["recent", 20]] as const) {
      at(day);
      const run = join(folder, name);
      await writeFiles(run, { own: name.padEnd(1000, "."), shared: "s".repeat(1000) });
      const result = results[name] = await resultOf(keyFor(name), run);
      await cache.keep(result, run);
      await cache.find(result.key);
    }
    at(30);
    await work({ folder, cache, store: openResultStore(join(folder, "cache"), clock), results, at });
  });
}

const names = ["old", "middle", "recent"];
const resultBytes = async ({ folder, results }: Fixture) => {
  const hex = results["old"]!.key.slice("sha256:".length);
  return (await Deno.lstat(join(folder, "cache/store/results", hex.slice(0, 2), `${hex}.json`))).size;
};

for (
  const [what, garbage, left] of [
    ["removes nothing where all fits", { maxBytes: 1e6 }, names],
    ["removes what was not used for so long", { unusedForMs: 15 * dayMs }, ["recent"]],
    ["keeps what was used for less", { unusedForMs: 31 * dayMs }, names],
    ["removes everything for no space", { maxBytes: 0 }, []],
    ["removes nothing when it is dry", { maxBytes: 0, isDryRun: true }, names],
  ] as readonly (readonly [string, GarbageOptions, readonly string[]])[]
) {
  Deno.test(`garbage collection ${what}`, () =>
    withRuns(async ({ folder, cache, store, results }) => {
      const before = await readAll(folder);
      await store.collectGarbage(garbage);
      const found = [];
      for (const name of names) if (await cache.find(results[name]!.key)) found.push(name);
      assert.deepEqual(found, left);
      for (const name of left) {
        await Deno.mkdir(join(folder, `${name}-again`));
        assert.equal(await cache.restore(results[name]!, join(folder, `${name}-again`)), true);
        assert.deepEqual(await readAll(join(folder, `${name}-again`)), await readAll(join(folder, name)));
      }
      for (const name of names) {
        assert.equal(before[`${name}/own`], `false ${digestBytes(name.padEnd(1000, "."))}`);
        assert.equal(
          await cache.isIntact(results[name]!, join(folder, name)),
          true,
          `run ${name} keeps its own`,
        );
      }
      const files = Object.keys(await readAll(join(folder, "cache/store/files"))).filter((path) =>
        !/\/$/.test(path)
      );
      assert.equal(files.length, left.length === 0 ? 0 : left.length + 1);
    }));
}

Deno.test("garbage collection removes the least recently used until the rest fits, and tells the bytes", () =>
  withRuns(async (fixture) => {
    const { cache, store, results } = fixture;
    const one = 1000 + await resultBytes(fixture);
    const collected = await store.collectGarbage({ maxBytes: 1000 + 2 * one + 20 });
    assert.deepEqual(collected.removed.map(({ key, because }) => [key, because]), [
      [keyFor("old").slice("sha256:".length), "space"],
    ]);
    assert.equal(collected.files, 1);
    assert.equal(collected.removedBytes - collected.freedBytes, 1000, "the run still has its file");
    assert.equal(collected.keptBytes, (await store.measure()).sizeBytes);
    await cache.find(results["middle"]!.key);
    await store.collectGarbage({ maxBytes: 1000 + one + 20 });
    assert.equal(await cache.find(results["recent"]!.key), undefined, "middle was used since");
    assert.notEqual(await cache.find(results["middle"]!.key), undefined);
  }));

Deno.test("garbage collection keeps a result whose key is leased", () =>
  withRuns(async ({ cache, store, results }) => {
    const held = await cache.lease(results["old"]!.key, options);
    await store.collectGarbage({ maxBytes: 0 });
    assert.notEqual(await cache.find(results["old"]!.key), undefined);
    assert.equal(await cache.find(results["recent"]!.key), undefined);
    held.release();
  }));

Deno.test("garbage collection removes files that nothing names, what was half made, and lock files nobody holds", () =>
  withRuns(async ({ folder, cache, store, results }) => {
    const hex = digestBytes("unnamed").slice("sha256:".length);
    await writeFiles(join(folder, "cache"), {
      [`store/files/${hex.slice(0, 2)}/${hex}`]: "unnamed",
      "store/parts/half": "half",
      [`store/results/ab/.${"ab".repeat(32)}.json.1`]: "{",
      [`locks/${`step-${"ab".repeat(32)}`}`]: "",
    });
    const collected = await store.collectGarbage({ maxBytes: 1e9 });
    assert.deepEqual([collected.files, collected.leftovers, collected.removed.length], [1, 2, 0]);
    const left = Object.keys(await readAll(join(folder, "cache")));
    assert.deepEqual(left.filter((path) => /half|abab|step-/.test(path) || path.includes(hex)), []);
    assert.notEqual(await cache.find(results["old"]!.key), undefined);
  }));

Deno.test("a result of a newer version keeps what it names, and nothing calls it damaged", () =>
  withRuns(async ({ folder, cache, store, results }) => {
    const hex = results["old"]!.key.slice("sha256:".length);
    const path = join(folder, "cache/store/results", hex.slice(0, 2), `${hex}.json`);
    await Deno.writeTextFile(path, JSON.stringify({ ...results["old"], version: 99 }));
    assert.equal(await cache.find(results["old"]!.key), undefined);
    assert.deepEqual((await store.verify()).damaged, []);
    assert.equal((await store.collectGarbage({ maxBytes: 1e9 })).files, 0);
    assert.equal(JSON.parse(await Deno.readTextFile(path)).version, 99);
  }));

Deno.test("what runs share with the store is counted as such until the runs are gone", () =>
  withRuns(async ({ folder, store }) => {
    const rows = async () => Object.fromEntries((await store.measure()).rows.map((row) => [row.what, row]));
    const before = await rows();
    assert.deepEqual([before["files"]!.count, before["files"]!.sizeBytes, before["files"]!.sharedBytes], [
      ...[4, 4000, 4000],
    ]);
    assert.deepEqual([before["results"]!.oldestAt, before["results"]!.newestAt], [start, start + 20 * dayMs]);
    for (const name of names) await Deno.remove(join(folder, name), { recursive: true });
    const after = await rows();
    assert.deepEqual([after["files"]!.count, after["files"]!.sharedBytes], [4, 0]);
  }));

Deno.test("garbage collection goes on when a result is too large to be read", () =>
  withRuns(async ({ store }) => {
    const hex = keyFor("old").slice(7);
    await Deno.truncate(join(store.folder, "results", hex.slice(0, 2), `${hex}.json`), 2 ** 40);
    assert.deepEqual((await store.collectGarbage({})).removed, []);
  }));

for (
  const [what, harm, is] of [
    ["a file with another bit", async (store: string) => {
      const path = join(
        store,
        "files",
        digestBytes("s".repeat(1000)).slice(7, 9),
        digestBytes("s".repeat(1000)).slice(7),
      );
      await Deno.chmod(path, 0o644);
      await Deno.writeTextFile(path, "t".repeat(1000));
    }, ["file", "result", "result", "result"]],
    ["a result that is no JSON", async (store: string) => {
      const hex = keyFor("old").slice(7);
      await Deno.writeTextFile(join(store, "results", hex.slice(0, 2), `${hex}.json`), "{");
    }, ["result"]],
    ["a result with one digit more", async (store: string) => {
      const hex = keyFor("old").slice(7);
      const path = join(store, "results", hex.slice(0, 2), `${hex}.json`);
      const text = await Deno.readTextFile(path);
      await Deno.writeTextFile(path, text.replace('"startedAt":', '"startedAt":1'));
    }, ["result"]],
    ["a result that is too large to be read", async (store: string) => {
      const hex = keyFor("old").slice(7);
      await Deno.truncate(join(store, "results", hex.slice(0, 2), `${hex}.json`), 2 ** 40);
    }, ["result"]],
    ["a result of another key", async (store: string) => {
      const [from, to] = ["old", "recent"].map((name) => keyFor(name).slice(7));
      const path = (hex: string) => join(store, "results", hex.slice(0, 2), `${hex}.json`);
      await Deno.copyFile(path(from!), path(to!));
    }, ["result"]],
  ] as const
) {
  Deno.test(`verifying the store finds and removes ${what}, once`, () =>
    withRuns(async ({ folder, store }) => {
      assert.deepEqual((await store.verify()).damaged, []);
      await harm(store.folder);
      const { damaged } = await store.verify();
      assert.deepEqual(damaged.map((each) => each.is), is);
      assert.deepEqual((await store.verify()).damaged, []);
      assert.ok(Deno.lstatSync(join(folder, "old/shared")).isFile);
    }));
}
