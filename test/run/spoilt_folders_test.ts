import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { configFile, pipelineFile, readRuns, runPipeline, workingFolder } from "./run_project.ts";

for (
  const [spoilt, code] of [[".sluice", 2], [".sluice/owners", 2], [".sluice/steps", 1], [
    "mlruns",
    1,
  ]] as const
) {
  Deno.test(`a file in the place of the folder ${spoilt} ends a run with exit code ${code}, its status recorded`, async () => {
    await using folder = await workingFolder();
    const path = join(folder.path, spoilt);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, "");
    const run = await runPipeline(["preprocess"], folder.path);
    assert.equal(run.code, code, run.stderr);
    assert.match(run.stderr, /error\[FOLDER_NOT_WRITABLE\]: Cannot make the folder/);
    assert.ok(readRuns(folder.path).every(({ status }) => status === "FAILED"));
  });
}

for (const flags of [["--help"], ["--dry-run"], ["--dry-run", "--json"], ["preprocess", "--json"]]) {
  Deno.test(`${flags.join(" ")} to a full disk ends with exit code 1, and a run goes on to its end`, async () => {
    await using folder = await workingFolder();
    const args = ["run", "-A", "--config", configFile, pipelineFile, ...flags];
    const { code, stderr } = await new Deno.Command("bash", {
      args: ["-c", 'exec "$0" "$@" >/dev/full', Deno.execPath(), ...args],
      cwd: folder.path,
      env: { MLFLOW_TRACKING_URI: "" },
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.equal(code, 1, said);
    assert.match(said, /error\[TEXT_NOT_WRITTEN\].*No space left/);
    if (flags[0] === "preprocess") {
      assert.ok(readRuns(folder.path).every(({ status }) => status === "FINISHED"));
    }
  });
}
