import assert from "node:assert/strict";
import { join } from "node:path";
import { realTest } from "../real_part.ts";
import {
  type Fixture,
  linesOf,
  listOf,
  makeWheel,
  runIn,
  sharedUv,
  silent,
  startProcess,
  storedNames,
  until,
  withFixture,
} from "./environments_fixture.ts";

realTest(["uv"], "an environment is made once, and its programs run where it ends up", async () => {
  await withFixture(async ({ open, wheels, cache }) => {
    await makeWheel(wheels, "alder", "1.0");
    await makeWheel(wheels, "birch", "2.0", { requires: "alder" });
    const environments = open();
    assert.equal((await environments.observe(listOf("birch"))).is, "unlocked");
    const progress: string[] = [];
    const ready = await environments.prepare(listOf("birch"), {
      onProgress: (one) => progress.push(one.is === "installing" ? one.message : one.is),
      signal: silent.signal,
    });
    assert(ready.isNew);
    assert.equal(progress[0], "resolving");
    assert(progress.some((line) => /^Installed 2 packages/.test(line)));
    assert.deepEqual(await environments.observe(listOf("birch")), { is: "locked", id: ready.id });
    assert.equal(await runIn(ready, "birch-says"), "birch 2.0\n");
    assert.equal(await runIn(ready, "python", ["-c", "import alder; print(alder.version)"]), "1.0\n");
    const prefix = await runIn(ready, "python", ["-c", "import sys; print(sys.prefix)"]);
    assert.equal(prefix.trim(), ready.variables["VIRTUAL_ENV"]);
    assert.deepEqual(storedNames(cache), [ready.id.slice("sha256:".length)]);

    const again = await open().prepare(listOf("birch"), silent);
    assert.deepEqual(again, { ...ready, isNew: false });
  });
});

realTest(["uv"], "ten processes that ask at once make one environment", async () => {
  await withFixture(async ({ project, cache, wheels, variables }) => {
    await makeWheel(wheels, "alder", "1.0");
    const task = { project, cache, variables, spec: listOf("alder") };
    const children = Array.from({ length: 10 }, () => startProcess(task));
    const lines = (await Promise.all(children.map(linesOf))).flat();
    const ready = lines.flatMap((line) => "ready" in line ? [line.ready] : []);
    assert.equal(ready.length, 10);
    assert.equal(ready.filter((one) => one.isNew).length, 1);
    assert.equal(new Set(ready.map((one) => one.id)).size, 1);
    const resolutions = lines.filter((line) => "progress" in line && line.progress.is === "resolving");
    assert.equal(resolutions.length, 1);
    assert(lines.some((line) => "progress" in line && line.progress.is === "waiting"));
    assert.deepEqual(storedNames(cache), [ready[0]!.id.slice("sha256:".length)]);
  });
});

realTest(["uv"], "ten steps of one process that ask at once make one environment", async () => {
  await withFixture(async ({ open, wheels }) => {
    await makeWheel(wheels, "alder", "1.0");
    const environments = open();
    const ready = await Promise.all(
      Array.from({ length: 10 }, () => environments.prepare(listOf("alder"), silent)),
    );
    assert.equal(ready.filter((one) => one.isNew).length, 1);
    assert.equal(new Set(ready.map((one) => one.id)).size, 1);
  });
});

/** A folder for PATH whose uv stands still before it installs, and writes its process id to `pid`. */
async function haltingUv({ folder }: Fixture): Promise<{ readonly path: string; readonly pid: string }> {
  const [path, pid] = [join(folder, "halting"), join(folder, "pid")];
  await Deno.mkdir(path);
  const script = `#!/bin/sh
if [ "$1 $2" = "pip sync" ]; then echo $$ > ${pid}.new; mv ${pid}.new ${pid}; exec sh -c 'while :; do sleep 1; done' "$@"; fi
exec ${await sharedUv()} "$@"
`;
  await Deno.writeTextFile(join(path, "uv"), script, { mode: 0o755 });
  return { path, pid };
}

realTest(
  ["uv"],
  "kill -9 while an environment is made leaves nothing that the next call would take",
  async () => {
    await withFixture(async (fixture) => {
      const { project, cache, wheels, variables, open } = fixture;
      await makeWheel(wheels, "alder", "1.0");
      const halting = await haltingUv(fixture);
      const PATH = `${halting.path}:${variables["PATH"]}`;
      const child = startProcess({
        project,
        cache,
        variables: { ...variables, PATH },
        spec: listOf("alder"),
      });
      await until(() => isThere(halting.pid));
      child.kill("SIGKILL");
      await child.status;
      await child.stdout.cancel();
      await child.stdin.close().catch(() => {});
      assert.match(storedNames(cache).join(), /^[0-9a-f]{64}\.[0-9a-f-]+$/);
      const ready = await open().prepare(listOf("alder"), silent);
      assert(ready.isNew);
      assert.equal(await runIn(ready, "alder-says"), "alder 1.0\n");
      assert.deepEqual(storedNames(cache), [ready.id.slice("sha256:".length)]);
      const orphan = Number(await Deno.readTextFile(halting.pid));
      if (Deno.build.os === "linux") assert.equal(isRunning(orphan), false);
      else Deno.kill(orphan, "SIGKILL");
    });
  },
);

realTest(["uv"], "an aborted preparation ends uv and leaves nothing", async () => {
  await withFixture(async (fixture) => {
    const { cache, wheels, variables, open } = fixture;
    await makeWheel(wheels, "alder", "1.0");
    const halting = await haltingUv(fixture);
    const controller = new AbortController();
    const environments = open({ PATH: `${halting.path}:${variables["PATH"]}` });
    const preparing = environments.prepare(listOf("alder"), { ...silent, signal: controller.signal });
    const ended = assert.rejects(preparing, /the user went home/);
    await until(() => isThere(halting.pid));
    controller.abort(new Error("the user went home"));
    await ended;
    assert.equal(isRunning(Number(await Deno.readTextFile(halting.pid))), false);
    assert.deepEqual(storedNames(cache), []);
  });
});

realTest(["uv"], "an environment whose interpreter was removed is made again", async () => {
  await withFixture(async ({ open, wheels }) => {
    await makeWheel(wheels, "alder", "1.0");
    const ready = await open().prepare(listOf("alder"), silent);
    await Deno.remove(join(ready.path[0]!, "python"));
    await Deno.symlink("/nowhere/python", join(ready.path[0]!, "python"));
    const again = await open().prepare(listOf("alder"), silent);
    assert.deepEqual([again.isNew, again.id], [true, ready.id]);
    assert.equal(await runIn(again, "alder-says"), "alder 1.0\n");
  });
});

realTest(["uv"], "projects share an environment of the same lock", async () => {
  await withFixture(async ({ open, wheels, folder, cache }) => {
    await makeWheel(wheels, "alder", "1.0");
    const first = await open().prepare(listOf("alder"), silent);
    await Deno.mkdir(join(folder, "project2"));
    const { openEnvironments } = await import("../../src/environments/environments.ts");
    const variables = { ...Deno.env.toObject(), PIP_NO_INDEX: "1", PIP_FIND_LINKS: wheels };
    const other = openEnvironments({ project: join(folder, "project2"), cache, variables });
    await Deno.copyFile(join(folder, "project", "sluice.lock"), join(folder, "project2", "sluice.lock"));
    const second = await other.prepare(listOf("alder"), silent);
    assert.deepEqual([second.id, second.isNew], [first.id, false]);
    const [stored] = await other.list();
    assert.deepEqual(stored!.projects, [join(folder, "project"), join(folder, "project2")]);
    other.close();
  });
});

realTest(["uv"], "no packages at all make an environment with nothing but Python", async () => {
  await withFixture(async ({ open }) => {
    const ready = await open().prepare(listOf(), silent);
    assert.match(await runIn(ready, "python", ["-c", "import sys; print(sys.version)"]), /^3\./);
  });
});

function filesBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) =>
    entry.isDirectory ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]
  ).sort();
}

/** Counts a dead process that nobody has waited for as ended. */
function isRunning(id: number): boolean {
  try {
    Deno.kill(id, "SIGCONT");
    return Deno.build.os !== "linux" || !/^State:\s+[ZX]/m.test(Deno.readTextFileSync(`/proc/${id}/status`));
  } catch {
    return false;
  }
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
