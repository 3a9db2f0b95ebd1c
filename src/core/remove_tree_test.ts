import assert from "node:assert/strict";
import { join } from "node:path";
import { removeTree } from "./remove_tree.ts";

/** Where nothing waits for a disk, if there is such a place. */
const inMemory = await Deno.stat("/dev/shm").then(() => ({ dir: "/dev/shm" }), () => ({}));

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir(inMemory);
  await work(folder);
  await Deno.remove(folder, { recursive: true });
}

/** Folders in each other, with a file in each hundredth, by paths that are never long. */
function nest(root: string, depth: number, name: string): void {
  const here = Deno.cwd();
  Deno.mkdirSync(root);
  try {
    Deno.chdir(root);
    for (let level = 0; level < depth; level++) {
      if (level % 100 === 0) Deno.writeTextFileSync("file", "x");
      Deno.mkdirSync(name);
      Deno.chdir(name);
    }
  } finally {
    Deno.chdir(here);
  }
}

for (
  const [what, depth, name] of [
    ["that is empty", 0, ""],
    ["a few folders deep", 3, "a"],
    ["whose path is too long", 100, "x".repeat(200)],
    ["whose path of wide letters is too long", 60, "☃".repeat(80)],
    ["so deep that it overflows a stack", 40_000, "d"],
  ] as const
) {
  Deno.test(`removeTree() removes a folder ${what}`, () =>
    inFolder(async (folder) => {
      nest(join(folder, "root"), depth, name);
      await removeTree(join(folder, "root"));
      assert.deepEqual([...Deno.readDirSync(folder)], []);
    }));
}

Deno.test("removeTree() removes a link and a file, and leaves what a link leads to", () =>
  inFolder(async (folder) => {
    nest(join(folder, "outside"), 2, "a");
    nest(join(folder, "root"), 2, "a");
    Deno.symlinkSync(join(folder, "outside"), join(folder, "root/link"));
    Deno.symlinkSync(join(folder, "outside"), join(folder, "link"));
    for (const name of ["root", "link"]) await removeTree(join(folder, name));
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["outside"]);
    await removeTree(join(folder, "outside/file"));
    assert.deepEqual([...Deno.readDirSync(join(folder, "outside"))].map(({ name }) => name), ["a"]);
    await assert.rejects(removeTree(join(folder, "absent")), Deno.errors.NotFound);
  }));

Deno.test("removeTree() removes folders that their owner may not write, as a user without rights", async () => {
  const uid = 65534;
  if (Deno.uid() !== 0 && Deno.uid() !== uid) return;
  await inFolder(async (folder) => {
    await Deno.chmod(folder, 0o777);
    const program = `
      import { removeTree } from ${JSON.stringify(import.meta.resolve("./remove_tree.ts"))};
      Deno.mkdirSync("root/a/b/c", { recursive: true });
      Deno.writeTextFileSync("root/a/b/c/file", "x");
      for (const each of ["root/a/b/c", "root/a/b", "root/a"]) Deno.chmodSync(each, each === "root/a" ? 0 : 0o555);
      await removeTree("root");`;
    await Deno.writeTextFile(join(folder, "program.ts"), program);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "program.ts"],
      cwd: folder,
      uid,
      env: { HOME: folder, DENO_DIR: join(folder, "deno") },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.equal([...Deno.readDirSync(folder)].some(({ name }) => name === "root"), false);
  });
});
