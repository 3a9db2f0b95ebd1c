import assert from "node:assert/strict";
import { join } from "node:path";
import { digestBytes } from "./digest.ts";
import { digestFile, digestKept, digestTree, UnsupportedEntry } from "./file_tree.ts";
import { getLook } from "./look.ts";

async function tree(make: (folder: string) => Promise<unknown> | void): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-tree-" });
  await make(folder);
  return folder;
}

const write = (folder: string, path: string, text: string, mode = 0o644) =>
  Deno.writeTextFile(join(folder, path), text, { mode });

const base = async (folder: string) => {
  await Deno.mkdir(join(folder, "a"));
  await write(folder, "a/one", "1");
  await write(folder, "two", "2");
};

for (
  const [name, change, isSame] of [
    ["keeps with another time", (folder: string) => Deno.utime(join(folder, "two"), 5, 5), true],
    ["keeps when others may read a file", (folder: string) => Deno.chmod(join(folder, "two"), 0o444), true],
    ["changes with one byte", (folder: string) => write(folder, "two", "3"), false],
    [
      "changes with a name",
      (folder: string) => Deno.rename(join(folder, "two"), join(folder, "three")),
      false,
    ],
    [
      "changes when a file becomes a program",
      (folder: string) => Deno.chmod(join(folder, "two"), 0o744),
      false,
    ],
    ["changes with an empty folder", (folder: string) => Deno.mkdir(join(folder, "empty")), false],
  ] as const
) {
  Deno.test(`the digest of a tree ${name}`, async () => {
    const [before, after] = [await tree(base), await tree(base)];
    try {
      await change(after);
      const [a, b] = [await digestTree(before), await digestTree(after)];
      assert.equal(a.digest === b.digest, isSame);
      assert.equal(digestKept(b), b.digest);
    } finally {
      for (const folder of [before, after]) await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("a tree tells its files, programs and the innermost empty folders, sorted", async () => {
  const folder = await tree(async (folder) => {
    await base(folder);
    await Deno.mkdir(join(folder, "a-b/c/d"), { recursive: true });
    await write(folder, "a-b/run", "#!", 0o755);
  });
  try {
    const { files, emptyFolders, isFolder, sizeBytes } = await digestTree(folder);
    assert.deepEqual(files.map(({ path, isProgram }) => [path, isProgram]), [
      ["a-b/run", true],
      ["a/one", false],
      ["two", false],
    ]);
    assert.deepEqual([emptyFolders, isFolder, sizeBytes], [["a-b/c/d"], true, 4]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a file that is no program has its own digest as a tree; a program has another", async () => {
  const folder = await tree((folder) => write(folder, "one", "1"));
  const path = join(folder, "one");
  try {
    assert.equal((await digestTree(path)).digest, digestBytes("1"));
    await Deno.chmod(path, 0o755);
    assert.equal((await digestTree(path)).digest, digestBytes(`${digestBytes("1")} x  ""\n`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("files of any size have the digest of their bytes", async () => {
  const folder = await tree(() => {});
  try {
    for (const size of [0, 1, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1 << 20, (1 << 21) + 7]) {
      const bytes = new Uint8Array(size).map((_, index) => index * 31);
      await Deno.writeFile(join(folder, "file"), bytes);
      assert.equal(await digestFile(join(folder, "file")), digestBytes(bytes), String(size));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a link in a tree is an error, and one that took a file's place is not followed", async () => {
  const folder = await tree(base);
  const path = join(folder, "two");
  try {
    const seen = getLook(path);
    await Deno.remove(path);
    await Deno.symlink(join(folder, "a/one"), path);
    assert.throws(() => digestTree(folder), UnsupportedEntry);
    await assert.rejects(async () => await digestFile(path, seen), Deno.errors.Busy);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
