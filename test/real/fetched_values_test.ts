/** Values of path parameters that the tracker keeps, or a store that MLflow's own client knows. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { realTest } from "../real_part.ts";
import { finish, readRuns, runSluice, sluiceProgram, startDeno, workingFolder } from "../run/run_project.ts";
import { runPython } from "./mlflow.ts";
import { pythonEnvironment } from "./python_environment.ts";

const mlproject = `entry_points:
  say: {command: "echo said"}
  main: {command: "ls -d {data}; cat {data} 2>/dev/null || ls {data}", parameters: {data: path}}
`;

async function withProject(
  use: (folder: string, run: (...args: readonly string[]) => ReturnType<typeof runSluice>) => Promise<void>,
) {
  await using folder = await workingFolder();
  await Deno.mkdir(join(folder.path, "project"));
  await Deno.writeTextFile(join(folder.path, "project", "MLproject"), mlproject);
  await Deno.mkdir(join(folder.path, "storage"));
  await use(
    folder.path,
    (...args) =>
      runSluice(
        ["run", "project", "--env-manager", "local", "--storage-dir", "storage", ...args],
        folder.path,
      ),
  );
}

/** Nothing of what was fetched is left. */
const assertRemoved = (folder: string) =>
  assert.deepEqual([...Deno.readDirSync(join(folder, "storage"))], []);

Deno.test("artifacts of a run are fetched from the tracker, a file or a folder, and removed at the end", () =>
  withProject(async (folder, run) => {
    assert.equal((await run("-e", "say")).code, 0);
    const { id } = readRuns(folder)[0]!;
    const file = await run("-P", `data=runs:/${id}/logs/output.log`);
    assert.equal(file.code, 0, file.stderr);
    const [path, content] = file.stdout.split("\n");
    assert.ok(path!.startsWith(join(folder, "storage")) && path!.endsWith("/param_0/output.log"), path);
    assert.equal(content, "said");
    const whole = await run("-P", `data=runs:/${id}/logs`);
    assert.equal(whole.stdout.split("\n")[1], "output.log", whole.stderr);
    const root = await run("-P", `data=runs:/${id}/`);
    assert.equal(root.stdout.split("\n")[1], "logs", root.stderr);
    assert.equal(readRuns(folder).at(-1)!.params["data"], `runs:/${id}/`);
    assertRemoved(folder);
    const before = readRuns(folder).length;
    for (
      const value of [
        `runs:/${id}/nowhere.txt`,
        `runs:/${"0".repeat(32)}/logs`,
        `runs:/${id}/../../../mlflow.db`,
        `runs:/${id}/logs/..`,
        "runs:/not-an-id/logs",
        "models:/nobody/1",
        "models:/",
        "mlflow-artifacts:/0/x",
      ]
    ) {
      const refused = await run("-P", `data=${value}`);
      assert.equal(refused.code, 2, `${value}: ${refused.stdout}${refused.stderr}`);
      assert.doesNotMatch(refused.stderr, /This is a bug of sluice|\n {4}at /);
    }
    assert.equal(readRuns(folder).length, before);
    assertRemoved(folder);
  }));

realTest(
  ["mlflow"],
  "files of registered models are found by version, alias, stage and as the latest",
  () =>
    withProject(async (folder, run) => {
      assert.equal((await run("-e", "say")).code, 0);
      const { id } = readRuns(folder)[0]!;
      const made = await runPython(
        `import sys, mlflow
client = mlflow.MlflowClient("sqlite:///mlflow.db", "sqlite:///mlflow.db")
client.create_registered_model("m")
for _ in range(2):
    client.create_model_version("m", source="runs:/${id}/logs", run_id="${id}")
client.set_registered_model_alias("m", "best", "1")
client.transition_model_version_stage("m", "2", "Staging")
`,
        [],
        { cwd: folder },
      );
      assert.equal(made.code, 0, made.stderr);
      for (const name of ["m/1", "m/2", "m@best", "m/latest", "m/Staging"]) {
        const ended = await run("-P", `data=models:/${name}`);
        assert.equal(ended.code, 0, `${name}: ${ended.stderr}`);
        assert.equal(ended.stdout.split("\n")[1], "output.log", name);
      }
      const file = await run("-P", "data=models:/m/1/output.log");
      assert.equal(file.stdout.split("\n")[1], "said", file.stderr);
      for (const name of ["m/3", "m@worst", "m/Production"]) {
        assert.equal((await run("-P", `data=models:/${name}`)).code, 2, name);
      }
    }),
);

realTest(["uv", "network"], "what lies in S3 is fetched by MLflow's own client", async () => {
  const python = await pythonEnvironment("moto", ["moto[server]==5.1.22"]);
  const server = new Deno.Command(python, {
    args: [
      "-c",
      `
import sys, boto3
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(port=0, verbose=False)
server.start()
port = server.get_host_and_port()[1]
client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
client.create_bucket(Bucket="bucket")
client.put_object(Bucket="bucket", Key="data/wine set.csv", Body=b"quality\\n5\\n")
print(port, flush=True)
sys.stdin.read()
`,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  try {
    const { value } = await server.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
    const variables = {
      MLFLOW_S3_ENDPOINT_URL: `http://127.0.0.1:${value!.trim()}`,
      ...{ AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_DEFAULT_REGION: "us-east-1" },
    };
    await using folder = await workingFolder();
    await Deno.mkdir(join(folder.path, "project"));
    await Deno.writeTextFile(join(folder.path, "project", "MLproject"), mlproject);
    const run = (data: string) =>
      runSluice(["run", "project", "--env-manager", "local", "-P", `data=${data}`], folder.path, variables);
    const ended = await run("s3://bucket/data/wine set.csv");
    assert.equal(ended.code, 0, ended.stderr);
    const [path, ...lines] = ended.stdout.split("\n");
    assert.match(path!, /\/param_0\/wine set\.csv$/);
    assert.deepEqual(lines.slice(0, 2), ["quality", "5"]);
    assert.equal(readRuns(folder.path)[0]!.params["data"], "'s3://bucket/data/wine set.csv'");
    const refused = await run("s3://bucket/nowhere.csv");
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /PARAM_INVALID.*cannot be fetched/);
    assert.equal(readRuns(folder.path).length, 1);
  } finally {
    await server.stdin.close();
    await server.status;
  }
});

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`a download that is stopped by ${signal} leaves nothing and ends with ${code}`, async () => {
    let asked = false;
    const slow = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
      asked = true;
      return new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new Uint8Array(1024)),
          pull: () => new Promise((resolve) => setTimeout(resolve, 60_000)),
        }),
      );
    });
    try {
      await using folder = await workingFolder();
      await Deno.mkdir(join(folder.path, "project"));
      await Deno.mkdir(join(folder.path, "storage"));
      await Deno.writeTextFile(join(folder.path, "project", "MLproject"), mlproject);
      const data = `data=http://127.0.0.1:${slow.addr.port}/large.bin`;
      const child = startDeno([
        sluiceProgram,
        ...["run", "project", "--env-manager", "local", "--storage-dir", "storage", "-P", data],
      ], folder.path);
      while (!asked) await new Promise((resolve) => setTimeout(resolve, 50));
      await new Promise((resolve) => setTimeout(resolve, 300));
      child.kill(signal);
      const ended = await finish(child);
      assert.equal(ended.code, code, ended.stderr);
      assertRemoved(folder.path);
      assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name).sort(), [
        "project",
        "storage",
      ]);
    } finally {
      await slow.shutdown().catch(() => {});
    }
  });
}
