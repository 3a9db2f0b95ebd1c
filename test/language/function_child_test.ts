/** The process of a `run` function: what it is given, what it logs and how it ends. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { FunctionCall } from "../../src/core/run.ts";
import { LogLine } from "../../src/core/run.ts";
import { root } from "../walk.ts";

const module = new URL("child_steps.ts", import.meta.url).href;

/** Runs a step's function as the sandbox does, with nothing but what it logs and writes to. */
async function runChild(step: string, call: Partial<FunctionCall> = {}, name = step) {
  const folder = await Deno.makeTempDir();
  const [out, log] = [join(folder, "out"), join(folder, "log")];
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--quiet", "--cached-only", "--no-lock", "--config", `${root}deno.json`],
      ...[`--allow-write=${out},${log}`, "--allow-env=SLUICE_LOG", "--preload", new URL(module).pathname],
      ...[`${root}src/dsl/function_child.ts`, module, name],
    ],
    env: { SLUICE_LOG: log, NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdin = process.stdin.getWriter();
  const whole: FunctionCall = { step, parameters: {}, inputs: {}, outputs: { out }, ...call };
  await stdin.write(new TextEncoder().encode(JSON.stringify(whole)));
  await stdin.close();
  const { code, stderr } = await process.output();
  const read = (path: string) => Deno.readTextFile(path).catch(() => "");
  const [logged, written] = [await read(log), await read(out)];
  await Deno.remove(folder, { recursive: true });
  const lines = logged.split("\n").slice(0, -1).map((line) => LogLine.parse(JSON.parse(line)));
  return { code, lines, written, said: new TextDecoder().decode(stderr) };
}

Deno.test("a function gets its values, logs at once, and ends the process when it returns", async () => {
  const { code, lines, written, said } = await runChild("measure", {
    parameters: { alpha: 0.5, mode: "b", quick: true },
    inputs: { one: "/in/one", some: ["/in/1", "/in/2"], none: null },
  });
  assert.deepEqual([code, said], [0, ""]);
  assert.deepEqual(JSON.parse(written), {
    params: { alpha: 0.5, mode: "b", quick: true },
    inputs: { one: "/in/one", some: ["/in/1", "/in/2"] },
    none: true,
  });
  const untimed = lines.map((line) => "timestamp" in line ? { ...line, timestamp: 0 } : line);
  assert.deepEqual(untimed, [
    { progress: 0.5 },
    { metric: "loss", value: 0.25, step: 7, timestamp: 0 },
    { metric: "infinite", value: "-Infinity", step: 0, timestamp: 0 },
    { param: "depth", value: 3 },
    { tag: "note", value: "fine" },
    { metric: "loss", value: 0.125, step: 0, timestamp: 0 },
    { metric: "score", value: "NaN", step: 0, timestamp: 0 },
  ]);
});

for (
  const [step, code, ...says] of [
    ["silent", 0],
    [
      "failing",
      1,
      "RangeError: not today\n    at run (",
      "child_steps.ts:26:11)",
    ],
    ["rejecting", 1, '"just text"'],
    ["lying", 1, 'Step `lying` returned "high" as its metric `loss`, which is a number'],
    ["reading", 1, "NotCapable: Requires read access", "child_steps.ts"],
    [
      "commanding",
      70,
      "defines no step `commanding` with a `run` function; its steps: `measure`, `silent`, ",
    ],
    ["absent", 70, "defines no step `absent` with a `run` function"],
  ] as const
) {
  Deno.test(`the process of the function \`${step}\` ends with ${code}`, async () => {
    const ended = await runChild(step);
    assert.equal(ended.code, code, ended.said);
    for (const words of says) assert.ok(ended.said.includes(words), ended.said);
    assert.ok(!ended.said.includes("function_child.ts"), ended.said);
    assert.deepEqual(ended.lines, []);
  });
}
