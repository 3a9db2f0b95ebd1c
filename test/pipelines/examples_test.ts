import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { configFile, findRun, finish, readRuns, startDeno, workingFolder } from "../run/run_project.ts";
import { runFile } from "./recorded.ts";

const examples = fileURLToPath(new URL("../../examples", import.meta.url));

Deno.test("the smallest example greets, and records its parameter and metric", async () => {
  await using folder = await workingFolder();
  await runFile("examples/smallest/pipeline.ts", ["greet", "--name", "Ada"], folder.path);
  const greet = findRun(readRuns(folder.path), "greet")!;
  assert.equal(greet.status, "FINISHED");
  assert.deepEqual(greet.params, { name: "Ada" });
  assert.deepEqual(greet.metrics, { letters: 3 });
  assert.match(await Deno.readTextFile(join(greet.artifacts, "logs/output.log")), /^Hello, Ada$/m);
});

Deno.test("the example of a pipeline as a module prints typed results of its runs, and importing it runs nothing", async () => {
  await using folder = await workingFolder();
  const { stdout } = await runFile("examples/import_as_module/compare.ts", [], folder.path);
  assert.deepEqual(stdout.trim().split("\n").map((line) => line.replace(/, from .*/, "")), [
    "slope 1: found 0.998, error 3.00",
    "slope 2: found 1.998, error 3.00",
    "slope 5: found 4.998, error 3.00",
    "10 points in a run of its own",
  ]);
  const runs = readRuns(folder.path);
  assert.equal(runs.filter((run) => run.tags["mlflow.parentRunId"] === undefined).length, 4);
  assert.equal(runs.filter((run) => run.tags["sluice.step"] === "fit").length, 3);
  await using other = await workingFolder();
  const path = join(other.path, "import.ts");
  await Deno.writeTextFile(
    path,
    `import line from "${examples}/import_as_module/pipeline.ts"; console.log(typeof line);`,
  );
  assert.equal((await finish(startDeno([path], other.path))).stdout, "function\n");
  assert.deepEqual((await Array.fromAsync(Deno.readDir(other.path))).map(({ name }) => name), ["import.ts"]);
});

Deno.test("the example of a pipeline in a pipeline runs the inner one twice, and its metrics decide", async () => {
  await using folder = await workingFolder();
  await runFile(
    "examples/pipeline_in_pipeline/pipeline.ts",
    ["--second", "sphinx of black quartz"],
    folder.path,
  );
  const runs = readRuns(folder.path);
  const steps = runs.flatMap((run) => run.tags["sluice.step"] ?? []).sort();
  const inner = ["count", "judge-0", "judge-1", "judge-2"];
  assert.deepEqual(steps, [
    "choose",
    ...inner.map((name) => `first/${name}`),
    ...inner.map((name) => `second/${name}`),
  ]);
  const choose = findRun(runs, "choose")!;
  assert.equal(Number(choose.params["first_points"]), findRun(runs, "first/count")!.metrics["points"]);
  assert.equal(
    await Deno.readTextFile(join(choose.artifacts, "best.txt")),
    "how vexingly quick daft zebras jump",
  );
});

Deno.test("the example of a wrong wiring fails with the errors its README shows", async () => {
  await using folder = await workingFolder();
  const marked = await Deno.readTextFile(`${examples}/wrong_wiring/pipeline.ts`);
  const path = join(folder.path, "pipeline.ts");
  await Deno.writeTextFile(path, marked.replaceAll(/^ *\/\/ @ts-expect-error.*\n/gm, ""));
  const check = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--config", configFile, path],
    env: { NO_COLOR: "1" },
  }).output();
  assert.equal(check.code, 1);
  const readme = await Deno.readTextFile(`${examples}/wrong_wiring/README.md`);
  const said = new TextDecoder().decode(check.stderr).split("\n\n").filter((block) =>
    /TS\d+ \[ERROR\]/.test(block)
  );
  assert.equal(said.length, 5, said.join("\n\n"));
  for (const block of said) {
    const lines = block.split("\n");
    // The compiler's first sentence and the line it means; what it explains below is left out of the README.
    const shown = [lines.find((line) => line.includes("[ERROR]"))!, ...lines.slice(-3, -1)].join("\n");
    assert.ok(readme.includes(shown), shown);
  }
  const ran = await finish(startDeno([path], folder.path, { NO_COLOR: "1" }));
  assert.notEqual(ran.code, 0);
  const refused = readme.split("\n").find((line) => line.startsWith("error[WIRE_INVALID]"))!;
  assert.ok(ran.stderr.includes(refused), ran.stderr);
  assert.deepEqual((await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name), [
    "pipeline.ts",
  ]);
});
