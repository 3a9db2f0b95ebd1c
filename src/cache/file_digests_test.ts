import assert from "node:assert/strict";
import { join } from "node:path";
import { digestBytes } from "../core/digest.ts";
import { digestsPath } from "./digest_memory.ts";
import { openFileDigests } from "./file_digests.ts";
import { inFolder } from "./test_results.ts";
import { getLook, type Look } from "../core/look.ts";

const large = (byte: number) => new Uint8Array(2 << 20).fill(byte);

/** A large file of last year, read once; `digest` asks a new process's worth of memory for it. */
function withFile(
  work: (fixture: {
    readonly folder: string;
    readonly path: string;
    /** Writes it anew behind the kernel's back: with the size, times and inode it had, as far as digests see. */
    readonly digest: (look?: Look) => Promise<string>;
  }) => Promise<void>,
): Promise<void> {
  return inFolder(async (folder) => {
    const path = join(folder, "data.bin");
    await Deno.writeFile(path, large(1));
    const digest = async (look = getLook(path)) => {
      // Years from now: the file is not one that was just written.
      const digests = openFileDigests({ cache: join(folder, "cache"), clock: () => Date.now() + 1e11 });
      try {
        return await digests.digest(path, look);
      } finally {
        await digests.close();
      }
    };
    assert.equal(await digest(), digestBytes(large(1)));
    await work({ folder, path, digest });
  });
}

Deno.test("a large file that is as it was is not read again", () =>
  withFile(async ({ path, digest }) => {
    const seen = getLook(path);
    await Deno.writeFile(path, large(2));
    assert.equal(await digest(seen), digestBytes(large(1)), "it was not read");
    assert.equal(await digest(), digestBytes(large(2)), "its times are others");
  }));

Deno.test("a file that changed less than two seconds before it was read is read again", () =>
  inFolder(async (folder) => {
    const path = join(folder, "data.bin");
    await Deno.writeFile(path, large(1));
    const seen = getLook(path);
    for (const byte of [1, 2]) {
      await Deno.writeFile(path, large(byte));
      const digests = openFileDigests({ cache: join(folder, "cache") });
      assert.equal(await digests.digest(path, { ...seen }), digestBytes(large(byte)));
      await digests.close();
    }
  }));

for (
  const [what, harm] of [
    ["is no database", (path: string) => Deno.writeTextFile(path, "no database ".repeat(1000))],
    ["is empty", (path: string) => Deno.writeTextFile(path, "")],
    [
      "is cut short",
      async (path: string) => Deno.writeFile(path, (await Deno.readFile(path)).subarray(0, 5000)),
    ],
    ["has a digest changed", async (path: string) => {
      const text = digestBytes(large(1)).slice(7);
      const bytes = await Deno.readFile(path);
      const at = new TextDecoder("latin1").decode(bytes).indexOf(text);
      assert.ok(at > 0);
      bytes[at] = bytes[at] === 0x30 ? 0x31 : 0x30;
      await Deno.writeFile(path, bytes);
    }],
  ] as const
) {
  Deno.test(`where the memory of digests ${what}, files are read, and are remembered again`, () =>
    withFile(async ({ folder, path, digest }) => {
      await harm(digestsPath(join(folder, "cache")));
      const seen = getLook(path);
      assert.equal(await digest(seen), digestBytes(large(1)));
      await Deno.writeFile(path, large(2));
      assert.equal(await digest(seen), digestBytes(large(1)), "it was remembered");
    }));
}

for (
  const [what, harm] of [
    ["of a newer version", async (path: string) => {
      const { DatabaseSync } = await import("node:sqlite");
      const database = new DatabaseSync(path);
      database.exec("PRAGMA user_version = 99");
      database.close();
    }],
    ["another program's database", async (path: string) => {
      const { DatabaseSync } = await import("node:sqlite");
      await Deno.remove(path);
      const database = new DatabaseSync(path);
      database.exec("PRAGMA application_id = 7; PRAGMA user_version = 1; CREATE TABLE digests (a)");
      database.close();
    }],
    ["a link", async (path: string) => {
      await Deno.rename(path, `${path}-moved`);
      await Deno.symlink(`${path}-moved`, path);
    }],
  ] as const
) {
  Deno.test(`a memory of digests that is ${what} is left as it is, and files are read`, () =>
    withFile(async ({ folder, path, digest }) => {
      const memory = digestsPath(join(folder, "cache"));
      await harm(memory);
      const before = await Deno.readFile(memory);
      await Deno.writeFile(path, large(2));
      assert.equal(await digest(), digestBytes(large(2)));
      assert.deepEqual(await Deno.readFile(memory), before);
    }));
}

Deno.test("small files alone open no memory", () =>
  inFolder(async (folder) => {
    const path = join(folder, "small");
    await Deno.writeTextFile(path, "small");
    const digests = openFileDigests({ cache: join(folder, "cache") });
    assert.equal(await digests.digest(path, getLook(path)), digestBytes("small"));
    await digests.close();
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), ["small"]);
  }));
