import assert from "node:assert/strict";
import { realTest } from "../real_part.ts";
import { runPython, startMlflowServer } from "./mlflow.ts";

realTest(
  ["mlflow"],
  "the environment of tests holds MLflow 3.17.2 and no setting of the caller's",
  async () => {
    Deno.env.set("MLFLOW_TRACKING_URI", "http://127.0.0.1:1");
    try {
      const program = "import os, sys, importlib.metadata as m\n" +
        "print(m.version('mlflow'), os.environ.get('MLFLOW_TRACKING_URI'), sys.argv[1:])";
      const run = await runPython(program, ["a b"]);
      assert.deepEqual(run, { code: 0, stdout: "3.17.2 None ['a b']\n", stderr: "" });
    } finally {
      Deno.env.delete("MLFLOW_TRACKING_URI");
    }
  },
);

realTest(["mlflow"], "a real MLflow server starts, answers and stops", async () => {
  const folder = await Deno.makeTempDir();
  const server = await startMlflowServer({ backend: `sqlite:///${folder}/mlflow.db`, artifacts: folder });
  try {
    assert.equal(await (await fetch(`${server.uri}/version`)).text(), "3.17.2");
  } finally {
    await server.stop();
    await Deno.remove(folder, { recursive: true });
  }
  await assert.rejects(fetch(server.uri));
});
