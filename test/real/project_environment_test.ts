/** Environments of MLflow projects: made by uv from what their files name, with MLflow of another version inside. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { realTest } from "../real_part.ts";
import { readRuns, runSluice, workingFolder } from "../run/run_project.ts";

const train = `
import sys
import mlflow, mlflow.sklearn
from sklearn import datasets, svm

alpha = float(sys.argv[sys.argv.index("--alpha") + 1])
X, y = datasets.load_iris(return_X_y=True)
model = svm.SVC(C=1 / alpha).fit(X, y)
with mlflow.start_run():
    mlflow.log_param("C", 1 / alpha)
    mlflow.log_metric("score", model.score(X, y))
    mlflow.sklearn.log_model(model, "model")
`;

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await Deno.mkdir(folder);
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(folder, name), text);
}

/** The minor version that is on PATH everywhere: \`3.11\`. */
async function pythonVersion(): Promise<string> {
  const { stdout } = await new Deno.Command("python3", {
    args: ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

realTest(
  ["python", "uv", "network"],
  "a python_env is made by uv, with the files that its lines name, once",
  async () => {
    await using folder = await workingFolder();
    await writeFiles(join(folder.path, "project"), {
      "MLproject": "name: example\npython_env: env.yaml\nentry_points: {main: {command: 'python a.py'}}\n",
      "env.yaml":
        `python: "${await pythonVersion()}"\nbuild_dependencies: [wheel]\ndependencies:\n  - -r requirements.txt\n`,
      "requirements.txt": "six==1.16.0\n",
      "a.py": "import six, sys, os; print(six.__version__, sys.prefix == os.environ['VIRTUAL_ENV'])\n",
    });
    for (const manager of [[], ["--env-manager", "uv"]]) {
      const ended = await runSluice(["run", "project", ...manager], folder.path);
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(ended.stdout, "1.16.0 True\n");
      assert.equal(ended.stderr.includes("made in"), manager.length === 0, ended.stderr);
    }
    const tags = readRuns(folder.path).map(({ tags }) => tags);
    assert.deepEqual(tags.map((each) => each["mlflow.project.env"]).sort(), ["uv", "virtualenv"]);
    assert.equal(new Set(tags.map((each) => each["sluice.environment"])).size, 1);
    assert.ok((await Deno.readTextFile(join(folder.path, "project", "sluice.lock"))).includes("six"));
  },
);

realTest(
  ["python", "uv", "network"],
  "a conda.yaml comes from PyPI with the numpy of its wheels, and an MLflow too old for the tracker's file logs to it",
  async () => {
    await using folder = await workingFolder();
    await writeFiles(join(folder.path, "project"), {
      "MLproject":
        "name: Iris_Classifier\nconda_env: conda.yaml\nentry_points:\n  train:\n    command: 'python train.py --alpha {alpha}'\n" +
        "    parameters:\n      alpha: {type: float, default: 0.5}\n",
      // Wheels of before numpy 2: taken with numpy 2 they fail at import.
      "conda.yaml":
        `name: demo\nchannels: [defaults]\ndependencies: [python=${await pythonVersion()}, scikit-learn=1.3.2, {pip: [mlflow==2.19.0]}]\n`,
      "train.py": train,
    });
    const ended = await runSluice(["run", "project", "-e", "train", "-P", "alpha=0.1"], folder.path);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /packages of conda.yaml are taken from PyPI/);
    const [run] = readRuns(folder.path);
    assert.equal(run!.status, "FINISHED");
    assert.equal(run!.tags["mlflow.project.env"], "conda");
    assert.equal(run!.tags["sluice.packages"], "pypi");
    assert.deepEqual(run!.params, { alpha: "0.1", C: "10.0" });
    assert.ok(run!.metrics["score"]! > 0.9);
    assert.ok(
      (await Deno.stat(join(folder.path, "mlruns", "0", run!.id, "artifacts", "model", "MLmodel"))).isFile,
    );
  },
);

realTest(
  ["python", "uv", "network"],
  "requirements that nothing satisfies are told in the solver's words, and nothing is recorded",
  async () => {
    await using folder = await workingFolder();
    await writeFiles(join(folder.path, "project"), {
      "MLproject": "python_env: env.yaml\nentry_points: {main: {command: 'true'}}\n",
      "env.yaml": "dependencies: [six==0.0.1]\n",
    });
    const ended = await runSluice(["run", "project"], folder.path);
    assert.equal(ended.code, 2, ended.stderr);
    assert.match(ended.stderr, /REQUIREMENTS_UNSATISFIABLE[^]*six==0\.0\.1/);
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name), ["project"]);
    assert.equal(
      (await Array.fromAsync(Deno.readDir(join(folder.path, "project")))).length,
      2,
      "no lock is written",
    );
  },
);
