import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { pipelineFile, runSluice, workingFolder } from "../run/run_project.ts";
import { realTest } from "../real_part.ts";
import { mlflowPython } from "./mlflow.ts";

realTest(
  ["mlflow"],
  "MLflow runs a command of a plan printed as MLproject, and reads the others",
  async () => {
    await using folder = await workingFolder();
    const printed = await runSluice(
      ["plan", pipelineFile, "--as", "mlproject", "-P", "train.note=it's $(touch x) {braces}"],
      folder.path,
    );
    assert.equal(printed.code, 0, printed.stderr);
    await Deno.writeTextFile(join(folder.path, "MLproject"), printed.stdout);
    await Deno.copyFile(join(dirname(pipelineFile), "preprocess.sh"), join(folder.path, "preprocess.sh"));
    const program = `
import mlflow, shlex
from mlflow.projects._project_spec import load_project
mlflow.set_tracking_uri("sqlite:///other.db")
mlflow.projects.run(".", entry_point="preprocess", env_manager="local")
train = load_project(".").get_entry_point("train")
print(shlex.split(train.compute_command({}, None))[-4:])
`;
    const { success, stdout, stderr } = await new Deno.Command(await mlflowPython(), {
      args: ["-c", program],
      cwd: folder.path,
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.equal(
      new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1),
      `['outputs/preprocess/points.csv', 'outputs/train/weights.txt', '0.5', "it's $(touch x) {braces}"]`,
    );
    assert.equal(
      await Deno.readTextFile(join(folder.path, "outputs", "preprocess", "points.csv")),
      "x,y\n0,0\n1,2\n2,4\n",
    );
  },
);
