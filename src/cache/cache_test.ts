import assert from "node:assert/strict";
import { join } from "node:path";
import { digestBytes } from "../core/digest.ts";
import type { Cache } from "../core/ports/cache.ts";
import { type KeyRecord, resultVersion, type StepResult } from "../core/step_result.ts";
import { openCache } from "./cache.ts";
import { type Files, inFolder, keyFor, readAll, resultOf, writeFiles } from "./test_results.ts";

const big = new Uint8Array(3 << 20).map((_, index) => index * 7);
const files: Files = {
  "data.csv": "a,b\n1,2\n",
  "model/MLmodel": "flavors: {}\n",
  "model/weights.bin": big,
  "model/code/run.sh": { content: "#!/bin/sh\n", isProgram: true },
  "model/empty/inner": null,
  tool: { content: "a,b\n1,2\n", isProgram: true },
};
const options = { signal: new AbortController().signal, onWait: () => {} };

/** A run that made `files`, kept; and an empty folder for another. */
async function kept(
  folder: string,
  made: Files = files,
): Promise<{ cache: Cache; store: string; result: StepResult; run: string; other: string }> {
  const [cacheFolder, run, other] = ["cache", "one/artifacts", "two/artifacts"].map((name) =>
    join(folder, name)
  );
  await writeFiles(run!, made);
  await Deno.mkdir(other!, { recursive: true });
  const cache = openCache({ cache: cacheFolder!, clock: Date.now });
  const result = await resultOf(keyFor("step"), run!);
  await cache.keep(result, run!);
  return { cache, store: join(cacheFolder!, "store"), result, run: run!, other: other! };
}

Deno.test("a result that was kept is found and restored as it was made, by links, read-only", () =>
  inFolder(async (folder) => {
    const { cache, result, run, other } = await kept(folder);
    assert.deepEqual(await cache.find(result.key), result);
    assert.equal(await cache.restore(result, other), true);
    assert.deepEqual(await readAll(other), await readAll(run));
    const [one, two] = [run, other].map((each) => Deno.lstatSync(join(each, "model/weights.bin")));
    assert.deepEqual([one!.ino, one!.mode! & 0o777], [two!.ino, 0o444]);
    assert.equal(Deno.lstatSync(join(other, "tool")).mode! & 0o777, 0o555);
    assert.deepEqual([...Deno.readDirSync(join(folder, "two"))].map((entry) => entry.name), ["artifacts"]);
    assert.deepEqual([await cache.isIntact(result, run), await cache.isIntact(result, other)], [true, true]);
  }));

Deno.test("nothing is found under another key, and nothing in a cache that is not there", () =>
  inFolder(async (folder) => {
    const { cache } = await kept(folder);
    assert.equal(await cache.find(keyFor("other")), undefined);
    const empty = openCache({ cache: join(folder, "none"), clock: Date.now });
    assert.equal(await empty.find(keyFor("step")), undefined);
    assert.equal(await empty.findRecord(keyFor("step")), undefined);
    assert.equal(await empty.findText(digestBytes("x")), undefined);
  }));

Deno.test("the same content is one file of the store, and of each run whose step ends when the store has it", () =>
  inFolder(async (folder) => {
    const { cache, store } = await kept(folder, { one: "same", "two/a": "same", "two/b": "same" });
    const again = join(folder, "three");
    await writeFiles(again, { three: "same" });
    const name = digestBytes("same").slice("sha256:".length);
    const links = () => Deno.lstatSync(join(store, "files", name.slice(0, 2), name)).nlink;
    assert.equal(links(), 2);
    const result = await resultOf(keyFor("again"), again);
    await cache.share(result.outputs, again);
    assert.equal(links(), 3);
    const before = Deno.lstatSync(join(again, "three")).ino;
    await cache.keep(result, again);
    assert.equal(Deno.lstatSync(join(again, "three")).ino, before, "whoever uses it by then goes on with it");
  }));

Deno.test("outputs are restored beside what lies in the folder, and never over it", () =>
  inFolder(async (folder) => {
    const { cache, result, other } = await kept(folder);
    await writeFiles(other, { "sluice/plan.json": "{}" });
    assert.equal(await cache.restore(result, other), true);
    assert.ok("sluice/plan.json" in await readAll(other));
    const before = await readAll(other);
    await assert.rejects(cache.restore(result, other), /restored over/);
    assert.deepEqual(await readAll(other), before);
  }));

for (
  const [name, harm] of [
    ["is missing", (path: string) => Deno.remove(path)],
    ["is cut short", (path: string) => changing(path, (bytes) => bytes.subarray(1))],
    ["has another bit", (path: string) => changing(path, (bytes) => bytes.fill(bytes[0]! ^ 1, 0, 1))],
    ["is a link to the right content", async (path: string) => {
      await Deno.copyFile(path, `${path}-moved`);
      await Deno.remove(path);
      await Deno.symlink(`${path}-moved`, path);
    }],
    ["is a folder", async (path: string) => {
      await Deno.remove(path);
      await Deno.mkdir(join(path, "in"), { recursive: true });
    }],
  ] as const
) {
  for (const file of ["data.csv", "model/weights.bin"]) {
    Deno.test(`when the file of ${file} in the store ${name}, nothing is restored and the result is forgotten`, () =>
      inFolder(async (folder) => {
        const { cache, store, result, run, other } = await kept(folder);
        const { digest } = Object.values(result.outputs).flatMap((output) =>
          output.files.map((each) => ({ ...each, path: join(output.file, each.path) }))
        ).find((each) => each.path === file)!;
        const hex = digest.slice("sha256:".length);
        await harm(join(store, "files", hex.slice(0, 2), hex));
        assert.equal(await cache.restore(result, other), false);
        assert.deepEqual(await readAll(other), {});
        assert.equal(await cache.find(result.key), undefined);
        assert.deepEqual([...Deno.readDirSync(join(folder, "two"))].length, 1);
        // The step runs again.
        await Deno.remove(run, { recursive: true });
        await writeFiles(run, files);
        await cache.keep(result, run);
        assert.equal(await cache.restore(result, other), true);
        assert.deepEqual(await readAll(other), await readAll(run));
      }));
  }
}

/** Another file in its place or the same, with the same times. */
async function changing(path: string, change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): Promise<void> {
  const info = Deno.lstatSync(path);
  await Deno.chmod(path, 0o644);
  await Deno.writeFile(path, change(await Deno.readFile(path)));
  await Deno.chmod(path, 0o444);
  await Deno.utime(path, info.atime!, info.mtime!);
}

for (
  const [name, change] of [
    [
      "has one byte changed",
      (run: string) => changing(join(run, "data.csv"), (bytes) => bytes.fill(1, 0, 1)),
    ],
    [
      "has one byte of a large file changed",
      (run: string) => changing(join(run, "model/weights.bin"), (bytes) => bytes.fill(1, 0, 1)),
    ],
    ["has another file", (run: string) => writeFiles(run, { "model/more": "" })],
    ["has another folder", (run: string) => writeFiles(run, { "model/more": null })],
    ["lacks a file", (run: string) => Deno.remove(join(run, "model/MLmodel"))],
    ["lacks an empty folder", (run: string) => Deno.remove(join(run, "model/empty/inner"))],
    ["has a program that is none any more", (run: string) => Deno.chmod(join(run, "tool"), 0o444)],
    ["has a link in the place of a file", async (run: string) => {
      await Deno.rename(join(run, "data.csv"), join(run, "moved"));
      await Deno.symlink("moved", join(run, "data.csv"));
    }],
    ["has a link in the place of a folder", async (run: string) => {
      await Deno.rename(join(run, "model/code"), join(run, "moved"));
      await Deno.symlink("../moved", join(run, "model/code"));
    }],
  ] as const
) {
  Deno.test(`outputs are not intact where the folder ${name}`, () =>
    inFolder(async (folder) => {
      const { cache, result, run } = await kept(folder);
      assert.equal(await cache.isIntact(result, run), true);
      await change(run);
      assert.equal(await cache.isIntact(result, run), false);
    }));
}

Deno.test("a file that changed since it was digested is not kept", () =>
  inFolder(async (folder) => {
    for (const path of ["data.csv", "model/weights.bin"]) {
      const run = join(folder, path.replace("/", "-"));
      await writeFiles(run, files);
      const result = await resultOf(keyFor("step"), run);
      await Deno.chmod(join(run, path), 0o644);
      const bytes = await Deno.readFile(join(run, path));
      await new Promise((resolve) => setTimeout(resolve, 20));
      await Deno.writeFile(join(run, path), bytes.fill(9, 0, 1));
      const cache = openCache({ cache: join(folder, "cache"), clock: Date.now });
      await assert.rejects(cache.keep(result, run), /RESULT_CHANGED/);
      assert.equal(await cache.find(result.key), undefined);
    }
  }));

Deno.test("a file with a name elsewhere is copied: that name keeps its rights, and changing it changes no run", () =>
  inFolder(async (folder) => {
    await writeFiles(folder, { "mine/data.csv": "mine" });
    await Deno.mkdir(join(folder, "run"));
    await Deno.link(join(folder, "mine/data.csv"), join(folder, "run/out"));
    const cache = openCache({ cache: join(folder, "cache"), clock: Date.now });
    const result = await resultOf(keyFor("step"), join(folder, "run"));
    await cache.share(result.outputs, join(folder, "run"));
    await cache.keep(result, join(folder, "run"));
    assert.equal(Deno.lstatSync(join(folder, "mine/data.csv")).mode! & 0o777, 0o644);
    await Deno.writeTextFile(join(folder, "mine/data.csv"), "else");
    assert.equal(await cache.isIntact(result, join(folder, "run")), true);
  }));

Deno.test("runs on another file system have copies of their own", () =>
  inFolder(async (folder) => {
    await inFolder(async (elsewhere) => {
      const [run, other] = [join(elsewhere, "one/artifacts"), join(elsewhere, "two/artifacts")];
      await writeFiles(run, files);
      await Deno.mkdir(other, { recursive: true });
      const cache = openCache({ cache: join(folder, "cache"), clock: Date.now });
      const result = await resultOf(keyFor("step"), run);
      await cache.keep(result, run);
      assert.equal(await cache.isIntact(result, run), true);
      assert.equal(await cache.restore(result, other), true);
      assert.equal(await cache.isIntact(result, other), true);
      assert.deepEqual(await readAll(other), await readAll(run));
      assert.equal(Deno.lstatSync(join(other, "tool")).mode! & 0o777, 0o555);
      await Deno.remove(join(folder, "cache"), { recursive: true });
      assert.equal(await cache.isIntact(result, other), true);
    }, "/dev/shm");
  }));

Deno.test("a record and its texts come back as they were, but for those too large", () =>
  inFolder(async (folder) => {
    const cache = openCache({ cache: folder, clock: Date.now });
    const record: KeyRecord = {
      version: resultVersion,
      parts: {
        ...{
          key: 2,
          body: { is: "function", step: "train" },
          sources: digestBytes("s"),
          environment: digestBytes("e"),
        },
        ...{ arguments: {}, inputs: {}, outputs: {}, metrics: [] },
        permissions: { net: false, read: {}, write: [], env: {}, gpu: false },
      },
      sources: { "train.py": digestBytes("print(1)\n") },
    };
    const large = new Uint8Array(256 * 1024 + 1);
    const texts = ["print(1)\n", "print(2)\n"].map((text) => new TextEncoder().encode(text));
    await cache.record(
      keyFor("a"),
      record,
      new Map([...texts, large].map((text) => [digestBytes(text), text])),
    );
    assert.deepEqual(await cache.findRecord(keyFor("a")), record);
    assert.deepEqual(await cache.findText(digestBytes("print(2)\n")), texts[1]);
    assert.equal(await cache.findText(digestBytes(large)), undefined);
  }));

Deno.test("who leases a key keeps others waiting, once told so, until it lets go; the lock file goes then", () =>
  inFolder(async (folder) => {
    const cache = openCache({ cache: folder, clock: Date.now });
    const first = await cache.lease(keyFor("a"), options);
    let waits = 0;
    const second = cache.lease(keyFor("a"), { ...options, onWait: () => waits++ });
    await (await cache.lease(keyFor("b"), options)).release();
    const isFree = await Promise.race([
      second.then(() => true),
      new Promise((done) => setTimeout(done, 80, false)),
    ]);
    assert.deepEqual([isFree, waits], [false, 1]);
    first.release();
    (await second).release();
    assert.deepEqual([...Deno.readDirSync(join(folder, "locks"))], []);
  }));

Deno.test("waiting for a key ends with the signal", () =>
  inFolder(async (folder) => {
    const cache = openCache({ cache: folder, clock: Date.now });
    const first = await cache.lease(keyFor("a"), options);
    const stop = new AbortController();
    const second = cache.lease(keyFor("a"), {
      signal: stop.signal,
      onWait: () => stop.abort(new Error("stop")),
    });
    await assert.rejects(second, /stop/);
    first.release();
  }));
