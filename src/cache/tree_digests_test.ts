/** A folder of so many files that it is remembered as a whole: whatever changes in it is seen. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { digestContent, digestTree } from "../core/file_tree.ts";
import { openFileDigests } from "./file_digests.ts";
import { inFolder } from "./test_results.ts";

const path = (file: number): string => `${file % 20}/${file}.txt`;

/** A thousand files that a process before has digested; `digest` is what the next one takes for theirs. */
function withFolder(
  work: (root: string, digest: () => Promise<string>) => Promise<void>,
  clock = () => Date.now() + 3_600_000,
): Promise<void> {
  return inFolder(async (folder) => {
    const root = join(folder, "data");
    for (let file = 0; file < 1000; file++) {
      await Deno.mkdir(join(root, path(file), ".."), { recursive: true });
      await Deno.writeTextFile(join(root, path(file)), `of ${file}`);
    }
    const digest = async () => {
      const digests = openFileDigests({ cache: join(folder, "cache"), clock });
      try {
        return await digestContent(root, digests);
      } finally {
        await digests.close();
      }
    };
    assert.equal(await digest(), (await digestTree(root)).digest);
    await work(root, digest);
  });
}

for (
  const [what, change, isOther] of [
    ["nothing changed", () => {}, false],
    ["a file has other bytes", (root) => Deno.writeTextFileSync(join(root, path(7)), "more of 7"), true],
    ["a file has other bytes, as many and of the same time", (root) => {
      const at = join(root, path(7));
      const { atime, mtime } = Deno.lstatSync(at);
      Deno.writeTextFileSync(at, "of 8");
      Deno.utimeSync(at, atime!, mtime!);
    }, true],
    ["a file is in another's place, and that in its own", (root) => {
      Deno.renameSync(join(root, path(7)), join(root, "spare"));
      Deno.renameSync(join(root, path(8)), join(root, path(7)));
      Deno.renameSync(join(root, "spare"), join(root, path(8)));
    }, true],
    ["a file is another of the same bytes", (root) => {
      Deno.copyFileSync(join(root, path(7)), join(root, "copy"));
      Deno.renameSync(join(root, "copy"), join(root, path(7)));
    }, false],
    ["a file may be executed", (root) => Deno.chmodSync(join(root, path(7)), 0o755), true],
    ["a file is gone", (root) => Deno.removeSync(join(root, path(7))), true],
    ["a file was added", (root) => Deno.writeTextFileSync(join(root, "3/new"), ""), true],
    ["a folder was added", (root) => Deno.mkdirSync(join(root, "3/new")), true],
    ["a folder has another name", (root) => Deno.renameSync(join(root, "3"), join(root, "03")), true],
  ] as readonly (readonly [string, (root: string) => void, boolean])[]
) {
  Deno.test(`a folder of many files has ${isOther ? "another" : "the same"} digest where ${what}`, () =>
    withFolder(async (root, digest) => {
      const before = await digest();
      change(root);
      const now = await digest();
      assert.equal(now, (await digestTree(root)).digest);
      assert.equal(now !== before, isOther);
      assert.equal(await digest(), now);
    }));
}

Deno.test("a folder of many files that were just written is read again, as they may change in the same moment", () =>
  withFolder(async (root, digest) => {
    for (const text of ["of 8", "of 9", "of 7"]) {
      Deno.writeTextFileSync(join(root, path(7)), text);
      assert.equal(await digest(), (await digestTree(root)).digest);
    }
  }, Date.now));

Deno.test("a folder of many files with a link among them is refused", () =>
  withFolder(async (root, digest) => {
    Deno.removeSync(join(root, path(7)));
    Deno.symlinkSync("8.txt", join(root, path(7)));
    await assert.rejects(digest(), /neither a file nor a folder/);
  }));
