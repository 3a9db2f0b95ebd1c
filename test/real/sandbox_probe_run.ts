/**
 * Runs the probe as a step of one tier and prints its answers: `sandbox_probe_run.ts TIER`.
 *
 * A program of its own, so that a test can start it with a descriptor left open and a variable that is not granted.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStepSandbox, realPython, type StepTier } from "./sandbox_step.ts";

const tier = Deno.args[0] as StepTier;
const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-probe-" }));
const file = async (path: string, content = "outside") => {
  const at = join(folder, path);
  await Deno.mkdir(join(at, ".."), { recursive: true });
  await Deno.writeTextFile(at, content);
  return at;
};
try {
  const probe = fileURLToPath(new URL("sandbox_probe.py", import.meta.url));
  const places = {
    project: join(folder, "project"),
    secret: await file("home/.ssh/id_ed25519"),
    undeclared: await file("project/secret.txt"),
    database: await file("project/mlflow.db"),
    other_step: await file("project/.sluice/other/outputs/model.bin"),
    source: await file("project/probe.py", await Deno.readTextFile(probe)),
    input: await file("project/mlruns/0/1/artifacts/data.csv"),
    outputs: join(folder, "project/.sluice/own/outputs"),
  };
  const python = await realPython();
  const outside = new Deno.Command(python.program, {
    args: [fileURLToPath(new URL("sandbox_outside.py", import.meta.url)), folder],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = outside.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const there = JSON.parse((await lines.read()).value!);
  try {
    const step = openStepSandbox(tier, { project: places.project, cache: join(folder, "cache") });
    const answers = await step.run(
      [python.program, places.source, JSON.stringify({ ...there, ...places })],
      { code: [places.source], read: [places.input, ...python.folders], outputs: places.outputs },
    );
    if (answers.code !== 0) throw new Error(`the probe ended with ${answers.code}: ${answers.stderr}`);
    console.log(answers.stdout.trim());
  } finally {
    await outside.stdin.close();
    await lines.cancel();
    await outside.status;
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
