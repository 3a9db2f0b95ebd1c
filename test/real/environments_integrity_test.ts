import assert from "node:assert/strict";
import { join } from "node:path";
import { realTest } from "../real_part.ts";
import {
  failureOf,
  type Fixture,
  listOf,
  makeWheel,
  runIn,
  silent,
  storedNames,
  withFixture,
} from "./environments_fixture.ts";

/** Locks and makes an environment of `alder` with a download cache of its own, and forgets the environment. */
async function warmCache(fixture: Fixture) {
  const uvCache = join(fixture.folder, "uv-cache");
  await makeWheel(fixture.wheels, "alder", "1.0");
  const variables = { UV_CACHE_DIR: uvCache };
  const environments = fixture.open(variables);
  const { id } = await environments.prepare(listOf("alder"), silent);
  await environments.close();
  await Deno.remove(join(fixture.cache, "environments"), { recursive: true });
  return { id, uvCache, again: () => fixture.open(variables).prepare(listOf("alder"), silent) };
}

/** The files of that name that uv keeps unpacked. */
function unpacked(uvCache: string, name: string): string[] {
  const visit = (folder: string): string[] =>
    [...Deno.readDirSync(folder)].flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory ? visit(path) : path.endsWith(name) ? [path] : [];
    });
  return visit(join(uvCache, "archive-v0"));
}

realTest(["uv"], "with a warm cache the lock's digests are checked as with a cold one", async () => {
  await withFixture(async (fixture) => {
    const { id, again } = await warmCache(fixture);
    assert.equal((await again()).id, id);
    await Deno.remove(join(fixture.cache, "environments"), { recursive: true });
    const path = join(fixture.project, "sluice.lock");
    const lock = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, lock.replace(/\["sha256:[0-9a-f]{64}"/, `["sha256:${"0".repeat(64)}"`));
    const failure = await failureOf(again());
    assert.equal(failure.code, "ENVIRONMENT_FAILED");
    assert.match(failure.details ?? "", /[Hh]ash/);
    assert.deepEqual(storedNames(fixture.cache), []);
  });
});

for (
  const [what, change, message] of [
    [
      "changed",
      (path: string) => Deno.writeTextFile(path, "# not what was locked\n", { append: true }),
      /`alder\/__init__.py` of `alder` 1.0 has another content than the package says/,
    ],
    [
      "cut short",
      (path: string) => Deno.truncate(path, 3),
      /`alder\/__init__.py` of `alder` 1.0 has another content/,
    ],
    ["lost", (path: string) => Deno.remove(path), /`alder\/__init__.py` of `alder` 1.0 is missing/],
    [
      "joined by another that would run at each start",
      (path: string) => Deno.writeTextFile(join(path, "..", "..", "spy.pth"), "import os\n"),
      /spy.pth` is of no package/,
    ],
  ] as const
) {
  realTest(["uv"], `a file that was ${what} in uv's cache does not come into an environment`, async () => {
    await withFixture(async (fixture) => {
      const { id, uvCache, again } = await warmCache(fixture);
      const [path, ...others] = unpacked(uvCache, "alder/__init__.py");
      assert.deepEqual(others, []);
      await new Promise((done) => setTimeout(done, 5));
      await change(path!);
      const failure = await failureOf(again());
      assert.equal(failure.code, "ENVIRONMENT_FAILED");
      assert.match(failure.message, message);
      assert.match(failure.hint ?? "", /uv cache clean/);
      assert.deepEqual(storedNames(fixture.cache), []);
      await Deno.remove(uvCache, { recursive: true });
      const mended = await again();
      assert.equal(mended.id, id);
      assert.equal(await runIn(mended, "alder-says"), "alder 1.0\n");
    });
  });
}

realTest(
  ["uv"],
  "environments are made anew in a store of their own, with the usual tools and lock",
  async () => {
    await withFixture(async (fixture) => {
      const { project, cache, variables, folder } = fixture;
      await makeWheel(fixture.wheels, "alder", "1.0");
      const usual = await fixture.open().prepare(listOf("alder"), silent);
      const { openEnvironments } = await import("../../src/environments/environments.ts");
      const store = join(folder, "anew");
      const anew = openEnvironments({ project, cache, variables, store, isLocked: true });
      assert.deepEqual(await anew.observe(listOf("alder")), { is: "locked", id: usual.id });
      const ready = await anew.prepare(listOf("alder"), silent);
      assert.deepEqual([ready.id, ready.isNew], [usual.id, true]);
      assert(ready.folders[0]!.startsWith(`${store}/`));
      assert.equal(await runIn(ready, "alder-says"), "alder 1.0\n");
      assert.equal((await failureOf(anew.prepare(listOf("alder<9"), silent))).code, "LOCK_MISSING");
      anew.close();
      await Deno.remove(store, { recursive: true });
      const before = await fixture.open().prepare(listOf("alder"), silent);
      assert.deepEqual(before, { ...usual, isNew: false });
    });
  },
);

realTest(["uv"], "contents() tells interpreter, versions and MLflow apart", async () => {
  await withFixture(async ({ open, wheels }) => {
    await makeWheel(wheels, "alder", "1.0", { requires: "mlflow-skinny" });
    await makeWheel(wheels, "mlflow_skinny", "3.0");
    const environments = open();
    assert.equal(await environments.contents(listOf("alder")), undefined);
    const ready = await environments.prepare(listOf("alder"), silent);
    assert.equal(ready.hasMlflow, true);
    const contents = (await environments.contents(listOf("alder")))!;
    assert.deepEqual(contents.packages, { alder: "1.0", "mlflow-skinny": "3.0" });
    assert.match(contents.interpreter!.version, /^3\./);
    assert.match(contents.interpreter!.digest, /^sha256:/);
    const again = open();
    assert.equal((await again.prepare(listOf("alder"), silent)).hasMlflow, true);
    assert.equal((await again.prepare(listOf(), silent)).hasMlflow, false);
    const deno = (await again.contents({ kind: "deno" }))!;
    assert.equal(deno.interpreter!.version, Deno.version.deno);
    assert.equal(await again.contents({ kind: "host" }), undefined);
  });
});
