import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { SluiceError } from "../core/error.ts";
import { isProgram, walkTree } from "../core/file_tree.ts";
import type { PlannedStep } from "../core/plan.ts";
import { FolderChanges } from "../core/working_copy.ts";
import { collectChanges, makeWorkingCopy } from "./working_copy.ts";

/** By path: what a file holds, ` x` before that of a program, or `-> ` and what a link holds; folders as such. */
type Tree = Readonly<Record<string, string>>;

const step = { name: "train", place: {} } as unknown as PlannedStep;

async function writeTree(folder: string, tree: Tree): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [path, what] of Object.entries(tree)) {
    const at = join(folder, path);
    await Deno.mkdir(dirname(at), { recursive: true });
    if (what.startsWith("-> ")) await Deno.symlink(what.slice(3), at);
    else if (what === "folder") await Deno.mkdir(at, { recursive: true });
    else await Deno.writeTextFile(at, what, { mode: what.startsWith(" x") ? 0o755 : 0o644 });
  }
}

function readTree(folder: string): Tree {
  const tree: Record<string, string> = {};
  for (const { path, is, look } of walkTree(folder)) {
    const at = join(folder, path);
    if (look.is === "link") tree[path] = `-> ${Deno.readLinkSync(at)}`;
    else if (is === "folder") tree[path] = "folder";
    else {
      tree[path] = Deno.readTextFileSync(at);
      assert.equal(isProgram(look), tree[path]!.startsWith(" x"), path);
    }
  }
  return tree;
}

/** Of the second step: what it finds, after what the first made of `base`. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const outputsIn = (folder: string) => ({
  files: join(folder, "outputs", "files"),
  changes: join(folder, "outputs", "changes.json"),
});

const name = fc.constantFrom("a", "b", "c", "d e", "ä");
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
const what = fc.oneof(
  fc.string({ maxLength: 5 }).filter((text) => !/^( x|->|folder)/.test(text)),
  fc.string({ maxLength: 5 }).map((text) => ` x${text}`),
  name.map((text) => `-> ${text}`),
);
/** No path lies below one that is no folder. */
const tree = fc.dictionary(path, what, { maxKeys: 6 }).map((all): Tree =>
  Object.fromEntries(
    Object.entries(all).filter(([one]) =>
      !Object.keys(all).some((other) => other !== one && one.startsWith(`${other}/`))
    ),
  )
);

const withFolders = (all: Tree): Tree => {
  const folders = Object.keys(all).flatMap((one) => {
    const names = one.split("/").slice(0, -1);
    return names.map((_, index) => [names.slice(0, index + 1).join("/"), "folder"] as const);
  });
  return Object.fromEntries([...folders, ...Object.entries(all)].sort());
};

Deno.test("whatever a step makes of its copy, the next one finds the same, but for folders that became empty", async () => {
  await fc.assert(
    fc.asyncProperty(tree, tree, (base, made) =>
      inFolder(async (folder) => {
        const source = join(folder, "source");
        await writeTree(source, base);
        const sources = [...Deno.readDirSync(source)].map((entry) => join(source, entry.name));
        const first = await makeWorkingCopy(source, sources, [], join(folder, "first"));
        assert.deepEqual(readTree(first.folder), withFolders(base));
        await Deno.remove(first.folder, { recursive: true });
        await writeTree(first.folder, made);
        const outputs = outputsIn(folder);
        await collectChanges(step, first, outputs);
        // What is the same is no output.
        for (const each of Object.keys(readTree(outputs.files))) {
          assert.ok(made[each] === undefined || made[each] !== base[each], each);
        }
        const next = await makeWorkingCopy(
          source,
          sources,
          [outputs.files, outputs.changes],
          join(folder, "next"),
        );
        const found = readTree(next.folder);
        const files = Object.fromEntries(Object.entries(found).filter(([, is]) => is !== "folder"));
        assert.deepEqual(files, Object.fromEntries(Object.entries(made).sort()));
        assert.deepEqual(readTree(source), withFolders(base), "the folder itself stays as it is");
      })),
    { numRuns: 60 },
  );
});

Deno.test("what tools and runs leave behind is no change, nor is a pipe; a new folder is, though it is empty", () =>
  inFolder(async (folder) => {
    const source = join(folder, "source");
    await writeTree(source, { kept: "1" });
    const copy = await makeWorkingCopy(source, [join(source, "kept")], [], join(folder, "copy"));
    await writeTree(copy.folder, {
      "__pycache__/x.pyc": "1",
      "mlruns/0/meta.yaml": "1",
      "mlflow.db": "1",
      ".git/HEAD": "1",
      "deep/.venv/x": "1",
      "new/empty": "folder",
    });
    await new Deno.Command("mkfifo", { args: [join(copy.folder, "pipe")] }).output();
    const outputs = outputsIn(folder);
    await collectChanges(step, copy, outputs);
    assert.deepEqual(readTree(outputs.files), { deep: "folder", new: "folder", "new/empty": "folder" });
    assert.deepEqual(JSON.parse(await Deno.readTextFile(outputs.changes)), { links: {}, removed: [] });
  }));

for (const target of ["/etc/passwd", "..", "../x", "a/../../x"]) {
  Deno.test(`a link to ${target} is refused`, () =>
    inFolder(async (folder) => {
      await Deno.mkdir(join(folder, "source"));
      const copy = await makeWorkingCopy(join(folder, "source"), [], [], join(folder, "copy"));
      await Deno.symlink(target, join(copy.folder, "link"));
      await assert.rejects(
        collectChanges(step, copy, outputsIn(folder)),
        (error) => error instanceof SluiceError && error.failure.code === "OUTPUT_INVALID",
      );
    }));
}

Deno.test("what a step put in the place of its outputs leads nowhere", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "source"));
    await Deno.mkdir(join(folder, "elsewhere"));
    const copy = await makeWorkingCopy(join(folder, "source"), [], [], join(folder, "copy"));
    await Deno.writeTextFile(join(copy.folder, "made"), "1");
    await Deno.symlink(join(folder, "elsewhere"), join(folder, "outputs"));
    await collectChanges(step, copy, outputsIn(folder));
    assert.deepEqual([...Deno.readDirSync(join(folder, "elsewhere"))], []);
    assert.equal(await Deno.readTextFile(join(folder, "outputs", "files", "made")), "1");
  }));

for (
  const [text, isRead] of [
    ['{"removed":["a","b/c"],"links":{"d":"a"}}', true],
    ['{"removed":["../a"],"links":{}}', false],
    ['{"removed":["/a"],"links":{}}', false],
    ['{"removed":[],"links":{"../d":"a"}}', false],
    ['{"removed":[],"links":{"d":"../a"}}', false],
    ['{"removed":[],"links":{"d":"/a"}}', false],
    ['{"removed":[]}', false],
  ] as const
) {
  Deno.test(`changes ${text} are ${isRead ? "read" : "refused"}`, () => {
    assert.equal(FolderChanges.safeParse(JSON.parse(text)).success, isRead);
  });
}
