import assert from "node:assert/strict";
import { join } from "node:path";
import { realTest } from "../real_part.ts";
import {
  failureOf,
  fileOf,
  linesOf,
  listOf,
  machineVariables,
  makeWheel,
  output,
  runIn,
  sharedUv,
  silent,
  startProcess,
  withFixture,
} from "./environments_fixture.ts";

realTest(["uv"], "what was locked is what is installed, though newer versions came out", async () => {
  await withFixture(async ({ open, project, cache, wheels }) => {
    await makeWheel(wheels, "alder", "1.0");
    const before = await open().prepare(listOf("alder"), silent);
    await makeWheel(wheels, "alder", "1.1");
    const lock = await Deno.readTextFile(join(project, "sluice.lock"));
    await Deno.remove(join(cache, "environments"), { recursive: true });
    const after = await open().prepare(listOf("alder"), silent);
    assert.deepEqual([after.id, after.isNew], [before.id, true]);
    assert.equal(await runIn(after, "alder-says"), "alder 1.0\n");
    assert.equal(await Deno.readTextFile(join(project, "sluice.lock")), lock);
    const other = await open().prepare(listOf("alder>1"), silent);
    assert.equal(await runIn(other, "alder-says"), "alder 1.1\n");
  });
});

realTest(["uv"], "a requirement that is added moves nothing else", async () => {
  await withFixture(async ({ open, wheels }) => {
    await makeWheel(wheels, "alder", "1.0");
    await makeWheel(wheels, "birch", "1.0");
    await open().prepare(listOf("alder"), silent);
    await makeWheel(wheels, "alder", "1.1");
    const added = await open().prepare(listOf("alder", "birch"), silent);
    assert.equal(await runIn(added, "alder-says"), "alder 1.0\n");
    const other = await open().prepare(listOf("birch", "alder>1"), silent);
    assert.equal(await runIn(other, "alder-says"), "alder 1.1\n");
  });
});

realTest(["uv"], "an archive of another content than was locked is refused", async () => {
  await withFixture(async ({ open, folder, cache, wheels }) => {
    await makeWheel(wheels, "alder", "1.0");
    await open().prepare(listOf("alder"), silent);
    await makeWheel(wheels, "alder", "1.0", { note: "tampered with" });
    await Deno.remove(join(cache, "environments"), { recursive: true });
    const failure = await failureOf(
      open({ UV_CACHE_DIR: join(folder, "uv-cache") }).prepare(listOf("alder"), silent),
    );
    assert.equal(failure.code, "ENVIRONMENT_FAILED");
    assert.match(failure.details ?? "", /[Hh]ash/);
    assert.match(failure.hint ?? "", /not what was locked/);
  });
});

realTest(["uv"], "processes that lock different requirements at once keep each other's entries", async () => {
  await withFixture(async ({ project, cache, wheels, variables, open }) => {
    for (const version of ["1", "2", "3", "4"]) await makeWheel(wheels, "alder", version);
    const specs = ["1", "2", "3", "4"].map((version) => listOf(`alder==${version}`));
    const children = specs.map((spec) => startProcess({ project, cache, variables, spec }));
    await Promise.all(children.map(linesOf));
    const environments = open();
    for (const spec of specs) assert.equal((await environments.observe(spec)).is, "locked");
    const lock = JSON.parse(await Deno.readTextFile(join(project, "sluice.lock")));
    assert.equal(Object.keys(lock.environments).length, 4);
    assert.deepEqual([...Deno.readDirSync(project)].map((entry) => entry.name), ["sluice.lock"]);
  });
});

for (
  const [what, text, code, line] of [
    ["newer", '{\n  "version": 4,\n  "novelties": []\n}\n', "FORMAT_NEWER", 2],
    ["damaged", '{\n  "version": 1,\n  "environments": {\n', "LOCK_INVALID", 3],
    ["foreign", '{\n  "lockfileVersion": 3\n}\n', "LOCK_INVALID", 1],
  ] as const
) {
  realTest(["uv"], `a ${what} lock is refused and left as it is`, async () => {
    await withFixture(async ({ open, project, wheels }) => {
      await makeWheel(wheels, "alder", "1.0");
      const file = join(project, "sluice.lock");
      await Deno.writeTextFile(file, text);
      const environments = open();
      for (const ask of [environments.observe, environments.prepare]) {
        const failure = await failureOf(ask(listOf("alder"), silent));
        assert.equal(failure.code, code);
        assert.deepEqual(failure.at, { file, line });
      }
      assert.equal(await Deno.readTextFile(file), text);
    });
  });
}

realTest(["uv"], "a project that cannot be written keeps its lock in the cache", async () => {
  await withFixture(async ({ open, project, cache, wheels, variables }) => {
    await makeWheel(wheels, "alder", "1.0");
    const task = { project, cache, variables, spec: listOf("alder") };
    const flags = ["--allow-all", `--deny-write=${project}`];
    const lines = await linesOf(startProcess(task, flags));
    assert(lines.some((line) => "ready" in line && line.ready.isNew));
    assert.deepEqual([...Deno.readDirSync(project)], []);
    assert.equal((await open().observe(listOf("alder"))).is, "locked");
    const again = await linesOf(startProcess(task, flags));
    assert(again.some((line) => "ready" in line && !line.ready.isNew));
  });
});

realTest(["uv"], "a requirements file is locked by what it says, with the files it includes", async () => {
  await withFixture(async ({ open, project, wheels }) => {
    await makeWheel(wheels, "alder", "1.0");
    await makeWheel(wheels, "alder", "2.0");
    await makeWheel(wheels, "birch", "1.0");
    const file = join(project, "requirements.txt");
    await Deno.writeTextFile(file, "-r base.txt\n-c limits.txt\nbirch\n");
    await Deno.writeTextFile(join(project, "base.txt"), "alder # any\n");
    await Deno.writeTextFile(join(project, "limits.txt"), "alder<2\n");
    const ready = await open().prepare(fileOf(file), silent);
    assert.equal(await runIn(ready, "alder-says"), "alder 1.0\n");
    await Deno.writeTextFile(file, "# The same, told otherwise\nbirch\n-r base.txt\n-c limits.txt\n");
    assert.deepEqual(await open().observe(fileOf("requirements.txt")), { is: "locked", id: ready.id });
    await Deno.writeTextFile(join(project, "limits.txt"), "alder<3\n");
    assert.equal((await open().observe(fileOf(file))).is, "unlocked");
  });
});

realTest(["uv"], "a wheel named by its path is locked with its content", async () => {
  await withFixture(async ({ open, project }) => {
    await makeWheel(project, "alder", "1.0");
    await Deno.writeTextFile(join(project, "requirements.txt"), "./alder-1.0-py3-none-any.whl\n");
    const ready = await open().prepare(fileOf("requirements.txt"), silent);
    assert.equal(await runIn(ready, "alder-says"), "alder 1.0\n");
    assert.match(
      await Deno.readTextFile(join(project, "sluice.lock")),
      /"\.\/alder-1\.0-py3-none-any\.whl": \["sha/,
    );
    await makeWheel(project, "alder", "1.0", { note: "built again" });
    assert.equal((await open().observe(fileOf("requirements.txt"))).is, "unlocked");
  });
});

const pyproject = `[project]
name = "grove"
version = "0.1"
requires-python = ">=3.10"
dependencies = ["alder"]

[dependency-groups]
dev = ["birch"]
`;

realTest(["uv"], "a project without uv.lock is resolved, one with it is installed as it says", async () => {
  await withFixture(async ({ open, project, wheels, variables }) => {
    await makeWheel(wheels, "alder", "1.0");
    await makeWheel(wheels, "birch", "1.0");
    await Deno.writeTextFile(join(project, "pyproject.toml"), pyproject);
    const resolved = await open().prepare(fileOf(project), silent);
    assert.equal(await runIn(resolved, "alder-says"), "alder 1.0\n");
    const locking = ["lock", "--quiet", "--project", project, "--no-index", "--find-links", wheels];
    await output(await sharedUv(), locking, variables);
    await makeWheel(wheels, "alder", "1.1");
    const exported = await open().prepare(fileOf(join(project, "pyproject.toml")), silent);
    assert.equal(await runIn(exported, "alder-says"), "alder 1.0\n");
    await assert.rejects(runIn(exported, "birch-says"));
    const changed = pyproject.replace('["alder"]', '["alder", "birch"]');
    await Deno.writeTextFile(join(project, "pyproject.toml"), changed);
    assert.equal((await open().observe(fileOf(project))).is, "unlocked");
    const failure = await failureOf(open().prepare(fileOf(project), silent));
    assert.equal(failure.code, "LOCK_STALE");
    assert.match(failure.message, /`birch`/);
    await Deno.writeTextFile(join(project, "pyproject.toml"), pyproject);
    await Deno.remove(join(project, "uv.lock"));
    assert.equal((await open().observe(fileOf(project))).is, "locked");
  });
});

realTest(
  ["uv", "network"],
  "the lock of real packages has exact versions with digests and names no host",
  async () => {
    await withFixture(async ({ open, project }) => {
      const own = { PIP_CONFIG_FILE: "", PIP_NO_INDEX: "", PIP_FIND_LINKS: "" };
      const pip = Object.fromEntries(
        Object.entries(Deno.env.toObject()).filter(([name]) => /^PIP_/.test(name)),
      );
      assert.equal(machineVariables()["PIP_INDEX_URL"], undefined);
      const ready = await open({ ...own, ...pip }).prepare(listOf("six", "iniconfig", "idna<4"), silent);
      assert.match(
        await runIn(ready, "python", ["-c", "import six, iniconfig, idna; print(six.__version__)"]),
        /^1\./,
      );
      const lock = await Deno.readTextFile(join(project, "sluice.lock"));
      for (const name of ["six", "iniconfig", "idna"]) {
        assert.match(lock, new RegExp(`\\n {8}"${name}==[\\d.]+": \\["sha256:[0-9a-f]{64}"`));
      }
      assert(!/:\/\/|\.org|\.com|simple/.test(lock), lock);
    });
  },
);
