/** Values of path parameters that are http addresses, and options that say where they go. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readRuns, runSluice, workingFolder } from "../run/run_project.ts";

const mlproject =
  "entry_points: {main: {command: 'cat {data}; echo {data}', parameters: {text: {default: a}, data: path}}}\n";

async function withServer(use: (address: string, folder: string) => Promise<void>): Promise<void> {
  await using folder = await workingFolder();
  await Deno.mkdir(join(folder.path, "project"));
  await Deno.writeTextFile(join(folder.path, "project", "MLproject"), mlproject);
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/wine/data%20set.csv") return new Response("quality\n5\n");
    return new Response("nothing", { status: 404 });
  });
  try {
    await use(`http://127.0.0.1:${server.addr.port}`, folder.path);
  } finally {
    await server.shutdown();
  }
}

const run = (folder: string, ...args: readonly string[]) =>
  runSluice(["run", "project", "--env-manager", "local", ...args], folder);

Deno.test("a path that is an http address is fetched, logged as its address, and removed at the end", () =>
  withServer(async (address, folder) => {
    const uri = `${address}/wine/data%20set.csv`;
    const ended = await run(folder, "-P", `data=${uri}`);
    assert.equal(ended.code, 0, ended.stderr);
    const [head, five, path] = ended.stdout.split("\n");
    assert.deepEqual([head, five], ["quality", "5"]);
    assert.ok(path!.endsWith("/param_1/data set.csv"), path);
    assert.equal(await Deno.stat(path!).catch(() => undefined), undefined);
    assert.equal(readRuns(folder)[0]!.params["data"], uri);
  }));

Deno.test("what is fetched lies below --storage-dir, else below MLFLOW_TMP_DIR", () =>
  withServer(async (address, folder) => {
    const uri = `data=${address}/wine/data%20set.csv`;
    const asked = await run(folder, "-P", uri, "--storage-dir", "a/b");
    assert.ok(asked.stdout.includes(join(folder, "a", "b", "sluice-storage-")), asked.stdout + asked.stderr);
    const variables = { MLFLOW_TMP_DIR: join(folder, "c") };
    const named = await runSluice(["run", "project", "--env-manager", "local", "-P", uri], folder, variables);
    assert.ok(named.stdout.includes(join(folder, "c", "sluice-storage-")), named.stdout + named.stderr);
  }));

Deno.test("an address that nobody answers is refused, and nothing is recorded", () =>
  withServer(async (address, folder) => {
    for (
      const [value, says] of [
        [`${address}/nowhere.csv`, "answers 404"],
        [`${address}/`, "names no file"],
        ["http://127.0.0.1:9/x.csv", "does not answer"],
        ["gopher://host/x.csv", "nothing is known of addresses of that kind"],
      ] as const
    ) {
      const ended = await run(folder, "-P", `data=${value}`);
      assert.equal(ended.code, 2, ended.stderr);
      assert.ok(ended.stderr.includes(says), ended.stderr);
    }
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), ["project"]);
  }));

Deno.test("the backend is this machine, and its settings are looked at as MLflow does", () =>
  withServer(async (_, folder) => {
    await Deno.writeTextFile(join(folder, "x.csv"), "x\n");
    await Deno.writeTextFile(join(folder, "good.json"), "{}");
    await Deno.writeTextFile(join(folder, "bad.json"), "{");
    for (
      const [args, code] of [
        [["-b", "local"], 0],
        [["-b", "local", "-c", "{}"], 0],
        [["-c", "good.json"], 0],
        [["-c", "{"], 2],
        [["-c", "bad.json"], 2],
        [["-c", "nowhere.json"], 2],
        [["-b", "kubernetes"], 2],
      ] as const
    ) {
      const ended = await run(folder, "-P", "data=x.csv", ...args);
      assert.equal(ended.code, code, `${args}: ${ended.stderr}`);
    }
  }));
