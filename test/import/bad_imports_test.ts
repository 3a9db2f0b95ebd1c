/** Imports that are refused, and what is left then: nothing. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { realTest } from "../real_part.ts";
import { runSluice, workingFolder } from "../run/run_project.ts";
import { readFiles, writeFiles } from "./import_workplace.ts";

const main = "entry_points: {main: {command: 'true'}}\n";
const stage = (text: string) => ({ "dvc.yaml": `stages:\n  a: {cmd: x${text}}\n` });

const refused: readonly {
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  readonly arguments?: readonly string[];
  readonly says: RegExp;
}[] = [
  {
    what: "to a file that is there",
    files: { MLproject: main, "pipeline.ts": "mine" },
    says: /Cannot write `.*pipeline\.ts` as it is there already[^]*--force/,
  },
  {
    what: "into a folder that holds something",
    files: { MLproject: main },
    arguments: ["project", "-o", "taken/pipeline.ts"],
    says: /Cannot import into `.*taken` as it holds `file`/,
  },
  {
    what: "into a folder within the project",
    files: { MLproject: main },
    arguments: ["project", "-o", "project/below/pipeline.ts"],
    says: /that is a folder within the project/,
  },
  {
    what: "to what is no module",
    files: { MLproject: main },
    arguments: ["project", "-o", "project/pipeline.py"],
    says: /the name of a module ends in `\.ts`/,
  },
  {
    what: "of a folder without either file",
    files: { "a.py": "" },
    says: /neither an MLproject nor a dvc\.yaml/,
  },
  { what: "of what is not there", files: {}, arguments: ["nowhere"], says: /there is no such folder/ },
  {
    what: "of an MLproject that names an environment that is not there",
    files: { MLproject: `conda_env: gone.yaml\n${main}` },
    says: /`gone\.yaml`, which is not there/,
  },
  {
    what: "of entry points that depend on each other",
    files: {
      MLproject: "entry_points:\n  a: {command: x, depends_on: [b]}\n  b: {command: x, depends_on: [a]}\n",
    },
    says: /it depends on itself/,
  },
  {
    what: "of aliases that stand for too much",
    files: {
      "dvc.yaml": `a0: &a0 [x, x, x, x, x, x, x, x]\n${
        Array.from({ length: 8 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(8)}]\n`).join("")
      }`,
    },
    says: /aliases stand for too much/,
  },
  {
    what: "of a matrix that stands for too many stages",
    files: {
      "dvc.yaml": `stages:\n  a:\n    cmd: x\n    matrix: {${
        ["a", "b", "c", "d", "e"].map((axis) => `${axis}: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]`).join(", ")
      }}\n`,
    },
    says: /more than 10000 stages/,
  },
  {
    what: "of stages that need each other",
    files: {
      "dvc.yaml": "stages:\n  a: {cmd: x, deps: [b], outs: [a]}\n  b: {cmd: x, deps: [a], outs: [b]}\n",
    },
    says: /stages need each other: "a", "b"/,
  },
  {
    what: "of two stages that make one file",
    files: { "dvc.yaml": "stages:\n  a: {cmd: x, outs: [o]}\n  b: {cmd: x, outs: [./o]}\n" },
    says: /stages "a" and "b" both make `o`/,
  },
  {
    what: "of a file that no stage makes",
    files: stage(", deps: [gone]"),
    says: /`gone`, which no stage makes/,
  },
  {
    what: "of vars that are not there",
    files: stage(", vars: [gone.yaml]"),
    says: /`gone\.yaml`, which is not/,
  },
  {
    what: "of vars above the folder",
    files: stage(", vars: [../x.yaml]"),
    says: /`\.\.\/x\.yaml`, which is not/,
  },
  {
    what: "of a template for nothing",
    files: { "dvc.yaml": "stages: {a: {cmd: 'x ${nobody.x}'}}\n" },
    says: /nothing is named `\$\{nobody\.x\}`/,
  },
  { what: "of a key that dvc has not", files: stage(", dep: [a]"), says: /has no key `dep`/ },
  {
    what: "of a folder above",
    files: stage(", wdir: ../.."),
    says: /the folder of stage "a" is not below it/,
  },
];
for (const { what, files, arguments: given = ["project"], says } of refused) {
  Deno.test(`an import ${what} is refused, and nothing is written`, async () => {
    await using work = await workingFolder();
    await writeFiles(work.path, { "taken/file": "", "project/.keep": "" });
    await writeFiles(join(work.path, "project"), files);
    const before = await readFiles(work.path);
    const { code, stderr, stdout } = await runSluice(["import", ...given], work.path);
    assert.equal(code, 2, stderr);
    assert.match(stderr, says);
    assert.equal(stdout, "");
    assert.deepEqual(await readFiles(work.path), before);
    assert.deepEqual(await names(join(work.path, "project")), [...new Set([".keep", ...tops(files)])].sort());
  });
}

const tops = (files: Readonly<Record<string, string>>) =>
  Object.keys(files).map((path) => path.split("/")[0]!);
const names = async (folder: string) =>
  (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();

Deno.test("a file that is there is written over when that is asked for", async () => {
  await using work = await workingFolder();
  await writeFiles(work.path, { MLproject: main, "pipeline.ts": "mine" });
  const { code, stderr } = await runSluice(["import", "--force", "--json"], work.path);
  assert.equal(code, 0, stderr);
  assert.match(await Deno.readTextFile(join(work.path, "pipeline.ts")), /^\/\/ Written by/);
});

realTest(["git", "bash"], "a project of git is copied into a new folder, and runs there", async () => {
  await using work = await workingFolder();
  const repository = join(work.path, "somebody", "words");
  await writeFiles(repository, {
    "below/MLproject": "entry_points: {main: {command: 'cp text.txt copy.txt'}}\n",
    "below/text.txt": "text\n",
  });
  for (const args of [["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "first"]]) {
    const { success } = await new Deno.Command("git", {
      args: ["-C", repository, "-c", "user.name=Somebody", "-c", "user.email=somebody@example", ...args],
    }).output();
    assert.ok(success);
  }
  const uri = `file://${repository}#below`;
  const { code, stderr, stdout } = await runSluice(["import", uri, "-v", "main"], work.path);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "below/pipeline.ts\nbelow/deno.json\n");
  const folder = join(work.path, "below");
  assert.deepEqual(await names(folder), ["MLproject", "deno.json", "pipeline.ts", "text.txt"]);
  await Deno.writeTextFile(join(folder, "deno.json"), "{}");
  const ran = await runSluice(["run", "pipeline.ts"], folder);
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal(await Deno.readTextFile(join(folder, "copy.txt")), "text\n");
});
