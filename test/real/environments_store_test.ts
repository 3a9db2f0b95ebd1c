import assert from "node:assert/strict";
import { join } from "node:path";
import { realTest } from "../real_part.ts";
import {
  type Fixture,
  linesOf,
  listOf,
  makeWheel,
  runIn,
  silent,
  startProcess,
  storedNames,
  until,
  withFixture,
} from "./environments_fixture.ts";

const longAgo = new Date(Date.now() - 40 * 24 * 3600_000);

/** Makes environments for each of these versions of `alder`, and lets go of them. */
async function makeSome({ open, wheels }: Fixture, versions: readonly string[]): Promise<string[]> {
  const environments = open();
  const folders: string[] = [];
  for (const version of versions) {
    await makeWheel(wheels, "alder", version);
    folders.push((await environments.prepare(listOf(`alder==${version}`), silent)).folders[0]!);
  }
  await environments.close();
  return folders;
}

/** Takes a version's entry out of the project's lock. */
async function forget({ project }: Fixture, version: string): Promise<void> {
  const path = join(project, "sluice.lock");
  const lock = JSON.parse(await Deno.readTextFile(path));
  for (const [key, entry] of Object.entries(lock.environments)) {
    if (JSON.stringify(entry).includes(`alder==${version}`)) delete lock.environments[key];
  }
  await Deno.writeTextFile(path, JSON.stringify(lock));
}

realTest(["uv"], "list() tells what is there, the last used first", async () => {
  await withFixture(async (fixture) => {
    const [first, second] = await makeSome(fixture, ["1", "2"]);
    await Deno.utime(join(first!, "environment.json"), longAgo, longAgo);
    const environments = fixture.open();
    const listed = await environments.list();
    assert.deepEqual(listed.map((one) => one.folder), [second, first]);
    const { id, kind, python, packages, sizeBytes, lastUsedAt, projects } = listed[1]!;
    assert.equal(first, join(fixture.cache, "environments", id.slice("sha256:".length)));
    assert.deepEqual([kind, packages, projects], ["python", 1, [fixture.project]]);
    assert.match(python!, /^3\.\d+\.\d+$/);
    assert(sizeBytes > 1000 && sizeBytes < 10e6);
    assert.equal(Math.round(lastUsedAt / 1000), Math.round(longAgo.getTime() / 1000));
    await environments.prepare(listOf("alder==1"), silent);
    assert.equal((await environments.list())[0]!.folder, first);
    assert.deepEqual(await environments.list(), await fixture.open().list());
  });
});

realTest(["uv"], "collectGarbage() removes what was long unused and what no lock names", async () => {
  await withFixture(async (fixture) => {
    const [unused, unnamed, kept] = await makeSome(fixture, ["1", "2", "3"]);
    await Deno.utime(join(unused!, "environment.json"), longAgo, longAgo);
    await forget(fixture, "2");
    const environments = fixture.open();
    const planned = await environments.collectGarbage({ isDryRun: true });
    assert.equal(storedNames(fixture.cache).length, 3);
    const done = await environments.collectGarbage();
    assert.deepEqual(done, planned);
    const because = Object.fromEntries(done.removed.map((one) => [one.folder, one.because]));
    assert.deepEqual(because, { [unused!]: "unused", [unnamed!]: "unnamed" });
    assert.equal(done.freedBytes, done.removed[0]!.sizeBytes + done.removed[1]!.sizeBytes);
    assert.deepEqual((await environments.list()).map((one) => one.folder), [kept]);
    assert.deepEqual(await environments.collectGarbage({ unusedForDays: 1 }), {
      ...{ removed: [], leftovers: 0, freedBytes: 0 },
    });
    assert((await environments.prepare(listOf("alder==1"), silent)).isNew);
  });
});

realTest(["uv"], "collectGarbage() removes the environments of a project that is gone", async () => {
  await withFixture(async (fixture) => {
    await makeSome(fixture, ["1"]);
    await Deno.remove(fixture.project, { recursive: true });
    assert.equal((await fixture.open().collectGarbage()).removed[0]!.because, "unnamed");
    await Deno.mkdir(fixture.project);
  });
});

realTest(["uv"], "collectGarbage() leaves an environment that another process uses", async () => {
  await withFixture(async (fixture) => {
    const { project, cache, variables } = fixture;
    const [folder] = await makeSome(fixture, ["1"]);
    const child = startProcess({ project, cache, variables, spec: listOf("alder==1") });
    const before = (await Deno.stat(join(folder!, "environment.json"))).mtime!.getTime();
    await until(() => Deno.statSync(join(folder!, "environment.json")).mtime!.getTime() > before);
    await forget(fixture, "1");
    const environments = fixture.open();
    assert.deepEqual((await environments.collectGarbage()).removed, []);
    assert.equal(storedNames(cache).length, 1);
    await linesOf(child);
    assert.equal((await environments.collectGarbage()).removed.length, 1);
    assert.deepEqual(storedNames(cache), []);
  });
});

realTest(["uv"], "collectGarbage() removes what killed processes left half made, and no more", async () => {
  await withFixture(async (fixture) => {
    const [folder] = await makeSome(fixture, ["1"]);
    const leftover = `${folder}.6a0b7c52-0000-4000-8000-000000000000`;
    await Deno.mkdir(join(leftover, "lib"), { recursive: true });
    const environments = fixture.open();
    assert.equal((await environments.collectGarbage()).leftovers, 1);
    assert.deepEqual((await environments.list()).map((one) => one.folder), [folder]);
    assert.equal(
      await runIn(await environments.prepare(listOf("alder==1"), silent), "alder-says"),
      "alder 1\n",
    );
  });
});
