/** Links and paths that somebody put where we keep, restore, look after and remove: nothing outside is touched. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { digestBytes } from "../core/digest.ts";
import { digestKept } from "../core/file_tree.ts";
import type { Cache } from "../core/ports/cache.ts";
import type { KeptFile, KeptOutput, StepResult } from "../core/step_result.ts";
import { openCache } from "./cache.ts";
import { sealEntry } from "./entries.ts";
import { openFileDigests } from "./file_digests.ts";
import { openResultStore } from "./store.ts";
import { inFolder, keyFor, readAll, resultOf, writeFiles } from "./test_results.ts";
import { getLook } from "../core/look.ts";

const files = { "a.csv": "1,2\n", "model/weights": new Uint8Array(2 << 20).fill(5), "model/x/y": "y" };
const options = { signal: new AbortController().signal, onWait: () => {} };
const hexOf = (text: string) => digestBytes(text).slice("sha256:".length);

interface Fixture {
  readonly folder: string;
  readonly cache: Cache;
  readonly result: StepResult;
}

/** A kept run, its store, and beside them a folder `outside` that must stay as it is, times and rights included. */
function withOutside(work: (fixture: Fixture) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    await writeFiles(join(folder, "run"), files);
    await writeFiles(join(folder, "outside"), { "secret": "secret", "folder/deep": "deep", "empty": null });
    const cache = openCache({ cache: join(folder, "cache"), clock: Date.now });
    const result = await resultOf(keyFor("step"), join(folder, "run"));
    await cache.keep(result, join(folder, "run"));
    await work({ folder, cache, result });
  });
}

/** All that is done with a store, in the order in which it harms most; refusals are as good as anything. */
async function doEverything({ folder, cache, result }: Fixture): Promise<void> {
  const again = join(folder, "again");
  await writeFiles(join(again, "run"), { ...files, more: "more" });
  const other = await resultOf(keyFor("other"), join(again, "run"));
  const record = {
    ...{ version: 1 as const, sources: { "train.py": digestBytes("print()\n") } },
    parts: {
      ...{ key: 2 as const, body: { is: "function" as const, step: "train" }, sources: digestBytes("s") },
      ...{ environment: digestBytes("e"), arguments: {}, inputs: {}, outputs: {}, metrics: [] },
      permissions: { net: false, read: {}, write: [], env: {}, gpu: false },
    },
  };
  const digests = openFileDigests({ cache: join(folder, "cache"), clock: () => Date.now() + 1e11 });
  const weights = join(again, "run/model/weights");
  const store = openResultStore(join(folder, "cache"), Date.now);
  const restored = [0, 1].map((index) => join(again, `restored-${index}`, "artifacts"));
  for (const each of restored) await Deno.mkdir(each, { recursive: true });
  for (
    const work of [
      () => cache.find(result.key),
      () => cache.isIntact(result, join(folder, "run")),
      () => cache.restore(result, restored[0]!),
      () => cache.lease(result.key, options).then((held) => held.release()),
      () =>
        cache.record(
          other.key,
          record,
          new Map([[digestBytes("print()\n"), new TextEncoder().encode("print()\n")]]),
        ),
      () => cache.findRecord(other.key),
      () => cache.findText(digestBytes("print()\n")),
      () => digests.digest(weights, getLook(weights)),
      () => digests.close(),
      () => cache.keep(other, join(again, "run")),
      () => cache.restore(other, restored[1]!),
      () => store.measure(),
      () => store.verify(),
      () => store.collectGarbage({ maxBytes: 0 }),
    ]
  ) {
    await Promise.resolve().then<unknown>(work).catch((error) => {
      assert.ok(error instanceof Error && !(error instanceof TypeError), error);
    });
  }
  for (const [index, each] of restored.entries()) {
    const found = await readAll(each);
    const expected = await readAll(index === 0 ? join(folder, "was") : join(again, "run"));
    if (Object.keys(found).length > 0) assert.deepEqual(found, expected);
  }
}

/** What is outside, to the inode, rights and times (but for being read, which shows in access times: links are not followed). */
async function photograph(folder: string): Promise<unknown> {
  const stats: unknown[] = [];
  for (const path of ["", "secret", "folder", "folder/deep", "empty"]) {
    const { ino, mode, nlink, mtime, ctime, size } = await Deno.lstat(join(folder, path));
    stats.push([path, ino, mode, nlink, mtime, ctime, size]);
  }
  return { stats, all: await readAll(folder) };
}

const inStore = (folder: string, ...parts: readonly string[]) => join(folder, "cache/store", ...parts);
const resultHex = keyFor("step").slice(7);
const blobHex = hexOf("1,2\n");
const moreHex = hexOf("more");

for (
  const [place, path, to] of [
    ["the store", [], "outside"],
    ["the folder of files", ["files"], "outside"],
    ["the folder of results", ["results"], "outside"],
    ["the folder of records", ["records"], "outside"],
    ["the folder of parts", ["parts"], "outside"],
    ["a folder of files", ["files", blobHex.slice(0, 2)], "outside"],
    ["a folder of files not yet made", ["files", moreHex.slice(0, 2)], "outside"],
    ["a folder of results", ["results", resultHex.slice(0, 2)], "outside"],
    ["a folder of results not yet made", ["results", keyFor("other").slice(7, 9)], "outside"],
    ["a folder of records not yet made", ["records", keyFor("other").slice(7, 9)], "outside"],
    ["a file", ["files", blobHex.slice(0, 2), blobHex], "outside/secret"],
    ["a file not yet made", ["files", moreHex.slice(0, 2), moreHex], "outside/secret"],
    ["a result", ["results", resultHex.slice(0, 2), `${resultHex}.json`], "outside/secret"],
    ["the memory of digests", ["digests.sqlite"], "outside/secret"],
    ["the memory's journal", ["digests.sqlite-journal"], "outside/new"],
    ["the memory's log", ["digests.sqlite-wal"], "outside/new"],
    ["the folder of locks", ["../locks"], "outside"],
    ["the store's lock", ["../locks/store"], "outside/new"],
    ["the gate's lock", ["../locks/store-gate"], "outside/new"],
    ["the memory's lock", ["../locks/digests"], "outside/new"],
    ["a step's lock", ["../locks", `step-${resultHex}`], "outside/new"],
  ] as const
) {
  Deno.test(`a link in the place of ${place} is not followed, whatever is done`, () =>
    withOutside(async (fixture) => {
      const { folder } = fixture;
      await writeFiles(join(folder, "was"), files);
      const at = inStore(folder, ...path);
      await Deno.remove(at, { recursive: true }).catch(() => {});
      await Deno.mkdir(join(at, ".."), { recursive: true });
      await Deno.symlink(join(folder, to), at);
      const before = await photograph(join(folder, "outside"));
      await doEverything(fixture);
      assert.deepEqual(await photograph(join(folder, "outside")), before);
    }));
}

for (
  const [place, path, to] of [
    ["a file", "a.csv", "outside/secret"],
    ["a file in a folder", "model/weights", "outside/secret"],
    ["a folder", "model/x", "outside/folder"],
    ["an output that is a folder", "model", "outside"],
  ] as const
) {
  Deno.test(`outputs with a link in the place of ${place} are neither kept nor intact`, () =>
    withOutside(async ({ folder, cache, result }) => {
      await Deno.remove(join(folder, "run", path), { recursive: true });
      await Deno.symlink(join(folder, to), join(folder, "run", path));
      const before = await photograph(join(folder, "outside"));
      assert.equal(await cache.isIntact(result, join(folder, "run")), false);
      await assert.rejects(
        cache.keep({ ...result, key: keyFor("new") }, join(folder, "run")),
        /RESULT_CHANGED/,
      );
      assert.equal(await cache.find(keyFor("new")), undefined);
      assert.deepEqual(await photograph(join(folder, "outside")), before);
    }));
}

const secret: KeptFile = { path: "", digest: digestBytes("1,2\n"), sizeBytes: 4, isProgram: false };
const folderOf = (path: string, file = "out"): KeptOutput =>
  output({ file, isFolder: true, files: [{ ...secret, path }], emptyFolders: [] });
function output(given: Omit<KeptOutput, "digest" | "sizeBytes">): KeptOutput {
  return { ...given, digest: digestKept(given), sizeBytes: 4 };
}

for (
  const [what, outputs] of [
    ["an output outside the folder", [
      output({ file: "../out", isFolder: false, files: [secret], emptyFolders: [] }),
    ]],
    ["an absolute output", [
      output({ file: "/tmp/out", isFolder: false, files: [secret], emptyFolders: [] }),
    ]],
    ["an output without a name", [output({ file: "", isFolder: false, files: [secret], emptyFolders: [] })]],
    ["an output that is the folder itself", [folderOf("a", ".")]],
    ["an output below another folder", [folderOf("a", "x/y")]],
    ["an output with a NUL", [folderOf("a", "x\0y")]],
    ["a file above its output", [folderOf("../a")]],
    ["a file above its output by the way", [folderOf("x/../../a")]],
    ["an absolute file", [folderOf("/tmp/a")]],
    ["a file with an empty part", [folderOf("x//a")]],
    ["a file with a NUL", [folderOf("a\0b")]],
    ["a file without a name in a folder", [folderOf("")]],
    ["an empty folder above its output", [
      output({ file: "out", isFolder: true, files: [], emptyFolders: ["../x"] }),
    ]],
    ["two outputs of one name", [folderOf("a"), folderOf("b")]],
    ["a file that is a folder as well", [
      output({
        file: "out",
        isFolder: true,
        files: ["a", "a/b"].map((path) => ({ ...secret, path })),
        emptyFolders: [],
      }),
    ]],
    ["two files of one path", [
      output({
        file: "out",
        isFolder: true,
        files: ["a", "a"].map((path) => ({ ...secret, path })),
        emptyFolders: [],
      }),
    ]],
    ["files that are not its digest's", [{ ...folderOf("a"), digest: digestBytes("other") }]],
    ["an output that is a file and has two", [
      output({ file: "out", isFolder: false, files: [secret, { ...secret, path: "a" }], emptyFolders: [] }),
    ]],
  ] as readonly (readonly [string, readonly KeptOutput[]])[]
) {
  Deno.test(`a result that names ${what} is none: it is not found, and nothing is made of it`, () =>
    withOutside(async ({ folder, cache, result }) => {
      const hostile: StepResult = {
        ...result,
        outputs: Object.fromEntries(outputs.map((each, index) => [`o${index}`, each])),
      };
      await Deno.writeTextFile(
        inStore(folder, "results", resultHex.slice(0, 2), `${resultHex}.json`),
        sealEntry(hostile),
      );
      assert.equal(await cache.find(result.key), undefined);
      await Deno.mkdir(join(folder, "deep/er/artifacts"), { recursive: true });
      const before = await readAll(join(folder, "deep"));
      assert.equal(await cache.restore(hostile, join(folder, "deep/er/artifacts")), false);
      assert.equal(await cache.isIntact(hostile, join(folder, "run")), false);
      assert.deepEqual(await readAll(join(folder, "deep")), before);
    }));
}
