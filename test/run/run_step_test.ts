/** `runStep` of sluice/testing: what it gives, what it refuses, and that it leaves nothing behind. */
import assert from "node:assert/strict";
import { runStep, SluiceError } from "sluice/testing";
import { count, silent } from "./lone_steps.ts";
import { finish, pipelineFile, startDeno, workingFolder } from "./run_project.ts";

const given = "project/given.csv";

async function folderWith(text: string) {
  const folder = await workingFolder();
  await Deno.writeTextFile(`${folder.path}/points.csv`, text);
  return folder;
}

const here = new URL(".", import.meta.url);
const namesIn = async (folder: string | URL) =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
const isThere = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("a step run by itself gives its metrics, outputs, params, log and what it logged", async () => {
  await using folder = await folderWith("x\n1\n");
  const points = `${folder.path}/points.csv`;
  await using made = await runStep(count, {
    params: { least: 2 },
    inputs: { points, more: [points, points], note: "project/missing.sh" },
  });
  assert.deepEqual(made.params, { least: 2 });
  assert.deepEqual(made.metrics, { files: 4, loss: 1 / 3 });
  assert.equal(await Deno.readTextFile(made.outputs.copy), "x\n1\n");
  assert.match(made.log, /^\S.*\n/);
  assert.deepEqual(made.logged.params, { depth: "7" });
  assert.deepEqual(made.logged.tags, { note: "fine" });
  assert.deepEqual(
    made.logged.metrics["loss"]!.map(({ value, step }) => [step, value]),
    [[1, 1], [2, 1 / 2], [3, 1 / 3]],
  );
  assert.deepEqual(made.logged.metrics["files"]!.map(({ value }) => value), [4]);
});

Deno.test("what was made is gone after the test, and nothing is written beside it", async () => {
  await using folder = await folderWith("x\n1\n");
  const before = await namesIn(here);
  await using made = await runStep(count, { inputs: { points: `${folder.path}/points.csv`, more: [] } });
  assert.ok(await isThere(made.outputs.copy));
  await made.close();
  assert.ok(!await isThere(made.outputs.copy));
  assert.deepEqual(await namesIn(here), before);
});

Deno.test("a step that fails throws its failure with the last lines, and leaves nothing", async () => {
  await using folder = await workingFolder();
  const temporary = `${folder.path}/temporary`;
  await Deno.mkdir(temporary);
  const script = `import { runStep } from "sluice/testing";
import { failing } from "${new URL("./lone_steps.ts", here)}";
await runStep(failing).catch((error) => console.log(error.failure.code, error.message));
`;
  await Deno.writeTextFile(`${folder.path}/script.ts`, script);
  const { stdout, stderr } = await finish(
    startDeno([`${folder.path}/script.ts`], folder.path, { TMPDIR: temporary }),
  );
  assert.match(stdout, /^STEP_FAILED .*exit code 4[^]*\n {2}first\n {2}then this\n/, stderr);
  assert.deepEqual(await namesIn(temporary), []);
  assert.deepEqual(await namesIn(folder.path), ["script.ts", "temporary"]);
});

for (
  const [what, run, code, words] of [
    [
      "a fixture that is not there",
      () => runStep(count, { inputs: { points: "no.csv", more: [] } }),
      "GIVEN_FILE_MISSING",
      /test\/run\/no\.csv/,
    ],
    [
      "a parameter out of its range",
      () => runStep(count, { params: { least: 12 }, inputs: { points: given, more: [] } }),
      "PARAM_OUT_OF_RANGE",
      /run_step_test\.ts:\d+:\d+: step "count": parameter "least"/,
    ],
    [
      "an input that is not declared",
      () => runStep(count, { inputs: { points: given, more: [], pionts: given } as never }),
      "WIRE_INVALID",
      /Cannot give `pionts`[^]*Did you mean `points`\?/,
    ],
    ["an output that is not made", () => runStep(silent), "OUTPUT_MISSING", /made/],
    ["what is no step", () => runStep(pipelineFile as never), "WIRE_INVALID", /as it is no step/],
  ] as const
) {
  Deno.test(`runStep refuses ${what}`, async () => {
    await assert.rejects(
      async () => await run(),
      (error) => {
        assert.ok(error instanceof SluiceError, String(error));
        assert.equal(error.failure.code, code);
        assert.match(error.message, words);
        return true;
      },
    );
  });
}
