import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { SluiceError } from "../core/error.ts";
import { openEnvironments } from "./environments.ts";

const silent = { onProgress: () => {}, signal: new AbortController().signal };
const variables = { PATH: "/usr/bin:relative::/bin", HOME: "/home/user" };

Deno.test("the host is ready as it is, with the caller's PATH and nothing to bind", async () => {
  const environments = openEnvironments({ project: "/nowhere", variables });
  const ready = await environments.prepare({ kind: "host" }, silent);
  const { id, ...rest } = ready;
  assert.deepEqual(rest, { path: ["/usr/bin", "/bin"], variables: {}, folders: [], isNew: false });
  assert.deepEqual(await environments.observe({ kind: "host" }), { is: "locked", id });
  const other = openEnvironments({ project: "/elsewhere", variables: { ...variables, PATH: "/bin" } });
  assert.deepEqual(await other.observe({ kind: "host" }), { is: "locked", id });
});

Deno.test("deno is the Deno that runs sluice", async () => {
  const environments = openEnvironments({ project: "/nowhere", variables });
  const ready = await environments.prepare({ kind: "deno" }, silent);
  const folder = dirname(Deno.execPath());
  assert.deepEqual([ready.path, ready.folders, ready.isNew], [[folder], [folder], false]);
  const host = await environments.prepare({ kind: "host" }, silent);
  assert.notEqual(ready.id, host.id);
});

for (
  const [what, changes, folder] of [
    ["XDG_CACHE_HOME", { XDG_CACHE_HOME: "CACHE/x" }, "CACHE/x/sluice"],
    ["the home's cache", { HOME: "CACHE" }, "CACHE/.cache/sluice"],
    [
      "the home's cache where XDG_CACHE_HOME is relative",
      { HOME: "CACHE", XDG_CACHE_HOME: "x" },
      "CACHE/.cache/sluice",
    ],
  ] as const
) {
  Deno.test(`list() reads ${what}`, async () => {
    const cache = await Deno.makeTempDir();
    const set = Object.fromEntries(
      Object.entries(changes).map(([name, value]) => [name, value.replace("CACHE", cache)]),
    );
    const hex = "0".repeat(64);
    const environment = join(folder.replace("CACHE", cache), "environments", hex);
    await Deno.mkdir(environment, { recursive: true });
    const record = { version: 1, kind: "python", packages: 0, lock: "" };
    await Deno.writeTextFile(join(environment, "environment.json"), JSON.stringify(record));
    const listed = await openEnvironments({ project: "/nowhere", variables: set }).list();
    assert.deepEqual(listed.map((one) => one.id), [`sha256:${hex}`]);
    await Deno.remove(cache, { recursive: true });
  });
}

Deno.test("without a home there is no cache to open", () => {
  assert.throws(() => openEnvironments({ project: "/nowhere", variables: {} }), SluiceError);
});

for (
  const [what, path, message] of [
    ["is not there", "gone.txt", /does not exist/],
    ["is a folder without a pyproject.toml", ".", /holds no `pyproject.toml`/],
  ] as const
) {
  Deno.test(`observe() refuses requirements whose file ${what}`, async () => {
    const project = await Deno.makeTempDir();
    const environments = openEnvironments({ project, variables });
    await assert.rejects(
      environments.observe({ kind: "python", requirements: { from: "file", path: join(project, path) } }),
      (error) => {
        assert(error instanceof SluiceError);
        assert.equal(error.failure.code, "ENVIRONMENT_INVALID");
        assert.match(error.failure.message, message);
        return true;
      },
    );
    await Deno.remove(project, { recursive: true });
  });
}
