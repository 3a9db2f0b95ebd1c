/** `pipeline.run()` with a signal that is aborted: the same error whatever the reason, and whenever it comes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { configFile, readRuns, workingFolder } from "./run_project.ts";

const pipelineText = `import { host, pipeline, sh, step } from "sluice";
const sleeping = step("sleeping", { env: host(), command: () => sh\`sleep 30\` });
export const sleepy = pipeline("sleepy", {}, () => sleeping({}));
`;
const program = `import { sleepy } from "./pipeline.ts";
const reasons = {
  "none": undefined,
  "an error": new Error("mine"),
  "a text": "enough",
  "a time that is over": new DOMException("over", "TimeoutError"),
};
for (const [name, reason] of Object.entries(reasons)) {
  for (const afterMs of [0, 1, 5, 20, 50, 300]) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(reason), afterMs);
    if (afterMs === 0) controller.abort(reason);
    try {
      await sleepy.run({}, { signal: controller.signal });
      console.log(name, afterMs, "finished");
    } catch (error) {
      console.log(name, afterMs, error?.failure?.code ?? error);
    }
    clearTimeout(timer);
  }
}
`;

Deno.test("a run that is aborted throws RUN_INTERRUPTED, whatever the reason, and no run stays open", async () => {
  await using folder = await workingFolder();
  await Deno.writeTextFile(join(folder.path, "pipeline.ts"), pipelineText);
  await Deno.writeTextFile(join(folder.path, "program.ts"), program);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", configFile, "program.ts"],
    cwd: folder.path,
    env: { MLFLOW_TRACKING_URI: "" },
  }).output();
  const [said, complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, complained);
  const lines = said!.trim().split("\n");
  assert.equal(lines.length, 24);
  assert.deepEqual(lines.filter((line) => !line.endsWith(" RUN_INTERRUPTED")), []);
  assert.ok(readRuns(folder.path).every(({ status, endedAt }) => status === "KILLED" && endedAt !== null));
});
