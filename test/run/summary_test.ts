/** `--summary`, as a user gives it to a pipeline's file. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { pipelineFile, runPipeline, runSluice, workingFolder } from "./run_project.ts";

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a run that fails leaves its summaries, and ends as it would without", async () => {
  await using folder = await workingFolder();
  const given = [
    "run",
    `${pipelineFile}#troubles`,
    "-e",
    "failing",
    "--summary",
    "run.md",
    "--summary=run.xml",
  ];
  const { code, stderr } = await runSluice(given, folder.path);
  assert.equal(code, 1, stderr);
  const markdown = await Deno.readTextFile(join(folder.path, "run.md"));
  assert.match(markdown, /^## ❌ `troubles` `failing` failed in /);
  assert.match(markdown, /^\*\*STEP_FAILED\*\*: .*\n\n[^]*^```text\n[^]+^```$/m);
  assert.match(
    await Deno.readTextFile(join(folder.path, "run.xml")),
    /<testsuite name="troubles\/failing" tests="1" failures="1" errors="0"/,
  );
});

Deno.test("a run that is refused leaves a summary that says why", async () => {
  await using folder = await workingFolder();
  const { code, stderr } = await runPipeline(
    ["train", "--alpha", "7000", "--summary", "run.md"],
    folder.path,
  );
  assert.equal(code, 2, stderr);
  assert.match(
    await Deno.readTextFile(join(folder.path, "run.md")),
    /^## ⛔ `training` `train` refused\n\n(- commit: `\w+`\n\n)?### The run: PARAM_OUT_OF_RANGE$/m,
  );
  assert.deepEqual(namesIn(folder.path), ["run.md"]);
});

for (
  const args of [["--summary", "run.html"], ["--summary", "no/run.md"], ["--dry-run", "--summary", "run"]]
) {
  Deno.test(`${args.join(" ")} is refused with 2 before anything is made`, async () => {
    await using folder = await workingFolder();
    const { code, stdout, stderr } = await runPipeline(["train", ...args], folder.path);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^error\[(ARGUMENT_INVALID|FOLDER_NOT_WRITABLE)\]: Cannot write a summary to/);
    assert.equal(stdout, "");
    assert.deepEqual(namesIn(folder.path), []);
  });
}
