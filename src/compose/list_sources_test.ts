import assert from "node:assert/strict";
import { join } from "node:path";
import { digestFile } from "../core/file_tree.ts";
import type { FileDigests } from "../core/ports/file_digests.ts";
import { digestSourceList } from "../core/sources.ts";
import { listSources } from "./list_sources.ts";

const digests: FileDigests = { digest: (path) => digestFile(path), close: () => Promise.resolve() };

async function digestIn(folder: string, only?: string[], modules: string[] = []): Promise<string> {
  return digestSourceList((await listSources(folder, only, modules, digests)).list);
}

/** A folder with the given files; a text that starts with `->` is a link to the rest. */
async function makeFolder(files: Record<string, string>): Promise<string> {
  const folder = await Deno.makeTempDir();
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    if (text.startsWith("->")) await Deno.symlink(text.slice(2), path);
    else await Deno.writeTextFile(path, text);
  }
  return folder;
}

const project = {
  "pipeline.ts": "export default 1",
  "train.py": "print(1)",
  "lib/model.py": "x = 1",
  ".gitignore": "data/\n*.log\n",
  "lib/.gitignore": "scratch.py\n",
};

async function digestOf(files: Record<string, string>, only?: string[]): Promise<string> {
  const folder = await makeFolder(files);
  try {
    return await digestIn(folder, only, [join(folder, "pipeline.ts")]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (
  const [name, change, isSame] of [
    ["changes with a source", { "train.py": "print(2)" }, false],
    ["changes with a new source", { "new.py": "" }, false],
    ["changes with a source further in", { "lib/model.py": "x = 2" }, false],
    ["keeps with another pipeline module", { "pipeline.ts": "export default 2" }, true],
    ["keeps with a file that git ignores", { "data/wine.csv": "1", "a.log": "1" }, true],
    ["keeps with a file that a folder's own .gitignore names", { "lib/scratch.py": "1" }, true],
    ["changes with a file of another case than the one git ignores", { "a.LOG": "1" }, false],
    ["changes with a file that only another folder ignores", { "scratch.py": "1" }, false],
    ["keeps with what runs leave behind", {
      "mlflow.db": "1",
      "mlflow.db-wal": "1",
      "mlruns/1/a": "1",
      ".sluice/x": "1",
      "sluice.lock": "1",
      "__pycache__/a.pyc": "1",
      ".git/HEAD": "1",
    }, true],
  ] as [string, Record<string, string>, boolean][]
) {
  Deno.test(`listSources() ${name}`, async () => {
    assert.equal(await digestOf(project) === await digestOf({ ...project, ...change }), isSame);
  });
}

Deno.test("listSources() counts what a folder's own .gitignore takes in again", async () => {
  const kept = { ...project, "lib/.gitignore": "!kept.log\n", "lib/kept.log": "1" };
  assert.notEqual(await digestOf(kept), await digestOf({ ...kept, "lib/kept.log": "2" }));
});

Deno.test("listSources() does not follow a link out of the folder", async () => {
  const outside = await makeFolder({ "secret.py": "1" });
  const before = await digestOf({ ...project, "link": `->${outside}` });
  await Deno.writeTextFile(join(outside, "secret.py"), "2");
  assert.equal(await digestOf({ ...project, "link": `->${outside}` }), before);
  await Deno.remove(outside, { recursive: true });
});

Deno.test("listSources() of named sources sees those and no other", async () => {
  const only = ["train.py", "lib"];
  assert.equal(await digestOf(project, only), await digestOf({ ...project, "other.py": "1" }, only));
  assert.notEqual(await digestOf(project, only), await digestOf({ ...project, "lib/model.py": "2" }, only));
  await assert.rejects(digestOf(project, ["missing.py"]), { name: "SluiceError", message: /missing\.py/ });
  const linked = { ...project, "lib/link.py": "->model.py" };
  await assert.rejects(digestOf(linked, only), {
    name: "SluiceError",
    message: /`lib` as `.*\/lib\/link\.py` is/,
  });
});

Deno.test("listSources() goes on when others remove files and folders meanwhile", async () => {
  const folder = await makeFolder(project);
  const before = await digestIn(folder);
  const scratch = Array.from({ length: 300 }, (_, index) => join(folder, `z/${index}`));
  let isOver = false;
  const others = (async () => {
    while (!isOver) {
      await Promise.all(scratch.map((path) => Deno.mkdir(path, { recursive: true })));
      await Promise.all(scratch.map((path) => Deno.writeTextFile(join(path, "a"), "1")));
      await Deno.remove(join(folder, "z"), { recursive: true });
    }
  })();
  try {
    for (let round = 0; round < 30; round++) await digestIn(folder);
  } finally {
    isOver = true;
    await others;
  }
  assert.equal(await digestIn(folder), before);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("listSources() goes on past what cannot be read", async () => {
  const folder = await makeFolder({ ...project, "secret.txt": "1", "closed/a": "1" });
  await Deno.chmod(join(folder, "secret.txt"), 0);
  await Deno.chmod(join(folder, "closed"), 0);
  assert.notEqual(await digestIn(folder), await digestOf(project));
  await Deno.chmod(join(folder, "closed"), 0o700);
  await Deno.remove(folder, { recursive: true });
});

async function visibleIn(files: Record<string, string>, only?: string[]): Promise<string[]> {
  const folder = await makeFolder(files);
  try {
    const { visible } = await listSources(folder, only, [join(folder, "pipeline.ts")], digests);
    return visible.map((path) => path.slice(folder.length + 1)).sort();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (
  const [name, files, expected] of [
    ["a folder as itself when nothing in it is left out", { "lib/a.py": "", "lib/b/c.py": "", "d.py": "" }, [
      "d.py",
      "lib",
    ]],
    ["the files of a folder in which something is ignored", { ...project, "lib/scratch.py": "" }, [
      ".gitignore",
      "lib/.gitignore",
      "lib/model.py",
      "train.py",
    ]],
    ["no module of the pipeline", { "pipeline.ts": "1", "a.py": "" }, ["a.py"]],
    ["a folder without what runs leave in it", { "lib/a.py": "", "lib/mlruns/x": "" }, ["lib/a.py"]],
  ] as [string, Record<string, string>, string[]][]
) {
  Deno.test(`listSources() shows ${name}`, async () => assert.deepEqual(await visibleIn(files), expected));
}

Deno.test("listSources() counts that a file may be executed", async () => {
  const folder = await makeFolder(project);
  const before = await digestIn(folder);
  await Deno.chmod(join(folder, "train.py"), 0o755);
  assert.notEqual(await digestIn(folder), before);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("listSources() counts the ignored files of a folder of very many, and shows it as a whole", async () => {
  const pictures = Object.fromEntries(
    Array.from({ length: 501 }, (_, index) => [`pictures/${index}.png`, String(index)]),
  );
  const files = {
    ...pictures,
    "pictures/.DS_Store": "1",
    "few/.DS_Store": "1",
    "few/a": "",
    ".gitignore": ".DS_Store",
  };
  assert.deepEqual(await visibleIn(files), [".gitignore", "few/a", "pictures"]);
  assert.notEqual(await digestOf(files), await digestOf({ ...files, "pictures/.DS_Store": "2" }));
  assert.equal(await digestOf(files), await digestOf({ ...files, "few/.DS_Store": "2" }));
});
