import assert from "node:assert/strict";
import { join } from "node:path";
import { runSluice, workingFolder } from "../../../test/run/run_project.ts";
import { ciFile } from "../ci_files.ts";
import { pipelineName } from "./init.ts";

Deno.test("init --ci adds workflows to a new pipeline, and says what they need", async () => {
  await using folder = await workingFolder();
  const { code, stdout, stderr } = await runSluice(
    ["init", "wine", "--ci", "github", "--ci", "gitlab"],
    folder.path,
  );
  assert.equal(code, 0, stderr);
  assert.deepEqual(stdout.trimEnd().split("\n").slice(-3), [
    "wine/README.md",
    "wine/.github/workflows/sluice.yml",
    "wine/.gitlab-ci.yml",
  ]);
  assert.match(
    stderr,
    /^\nNote: deno\.json takes sluice from a folder of this machine[^\n]*\nNext: cd wine && deno run -A sluice\/cli lock, then commit sluice\.lock\n$/,
  );
});

Deno.test("init --ci writes the workflow alone where there is a pipeline, at the root of its repository, and never over one", async () => {
  await using folder = await workingFolder();
  await Deno.mkdir(join(folder.path, ".git"));
  await Deno.mkdir(join(folder.path, "models/wine"), { recursive: true });
  const project = join(folder.path, "models/wine");
  await Deno.writeTextFile(join(project, "pipeline.ts"), "");
  const made = await runSluice(["init", "--ci", "github"], project);
  assert.equal(made.code, 0, made.stderr);
  const path = join(folder.path, ".github/workflows/sluice.yml");
  assert.equal(made.stdout, `${path}\n`);
  assert.equal(await Deno.readTextFile(path), ciFile("github", "models/wine"));
  assert.deepEqual([...Deno.readDirSync(project)].map(({ name }) => name), ["pipeline.ts"]);
  await Deno.writeTextFile(path, "mine");
  const again = await runSluice(["init", "--ci", "gitlab", "--ci", "github"], project);
  assert.equal(again.code, 2);
  assert.match(
    again.stderr,
    /^error\[FOLDER_NOT_EMPTY\]: Cannot write `\.github\/workflows\/sluice\.yml` as it is there already$/m,
  );
  assert.equal(await Deno.readTextFile(path), "mine");
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name).sort(), [
    ".git",
    ".github",
    "models",
  ]);
});

for (
  const [what, args, words] of [
    ["a service it does not know", ["init", "--ci", "jenkins"], /must be one of: github, gitlab/],
    ["a folder with something other than a pipeline", ["init", "--ci", "github"], /as it holds `notes\.txt`/],
    [
      "a folder that a workflow cannot name",
      ["init", "--ci", "github", "a b"],
      /cannot be named in one as it is/,
    ],
  ] as const
) {
  Deno.test(`init --ci refuses ${what}, and writes nothing`, async () => {
    await using folder = await workingFolder();
    await Deno.mkdir(join(folder.path, ".git"));
    await Deno.writeTextFile(join(folder.path, "notes.txt"), "");
    const { code, stderr } = await runSluice(args, folder.path);
    assert.equal(code, 2, stderr);
    assert.match(stderr, words);
    assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name).sort(), [
      ".git",
      "notes.txt",
    ]);
  });
}

for (
  const [folder, name] of [["my line", "my-line"], ["7-wine.", "wine"], ["größe", "gro-e"], [
    "…",
    "line",
  ]] as const
) {
  Deno.test(`a pipeline in a folder named ${folder} is named ${name}`, () =>
    assert.equal(pipelineName(folder), name));
}
