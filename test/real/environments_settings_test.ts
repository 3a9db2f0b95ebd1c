import assert from "node:assert/strict";
import { join } from "node:path";
import { realTest } from "../real_part.ts";
import {
  failureOf,
  type Fixture,
  listOf,
  makeWheel,
  output,
  runIn,
  sharedUv,
  silent,
  storedNames,
  withFixture,
} from "./environments_fixture.ts";

/** The fixture's variables tell pip nothing, so that each test says all of it. */
const untold = { PIP_NO_INDEX: "", PIP_FIND_LINKS: "" };

/** A package index in a folder: the version 2.0 of `alder`. */
async function makeIndex({ folder }: Fixture): Promise<string> {
  const index = join(folder, "index");
  await Deno.mkdir(join(index, "alder"), { recursive: true });
  await makeWheel(join(index, "alder"), "alder", "2.0");
  const page = '<!DOCTYPE html><a href="alder-2.0-py3-none-any.whl">alder-2.0-py3-none-any.whl</a>\n';
  await Deno.writeTextFile(join(index, "alder", "index.html"), page);
  return `file://${index}`;
}

for (
  const [what, told, version] of [
    [
      "find-links of a variable",
      ({ wheels }: Told) => ({ PIP_FIND_LINKS: wheels, PIP_NO_INDEX: "1" }),
      "1.0",
    ],
    ["an index of a variable", ({ index }: Told) => ({ PIP_INDEX_URL: index }), "2.0"],
    ["the best version of links and index", ({ index, wheels }: Told) => ({
      ...{ PIP_INDEX_URL: index, PIP_FIND_LINKS: wheels },
    }), "2.0"],
    [
      "a further index",
      ({ index, empty }: Told) => ({ PIP_INDEX_URL: empty, PIP_EXTRA_INDEX_URL: index }),
      "2.0",
    ],
    ["a constraint", ({ index, wheels, limits }: Told) => ({
      ...{ PIP_INDEX_URL: index, PIP_FIND_LINKS: wheels, PIP_CONSTRAINT: limits },
    }), "1.0"],
    ["the user's pip.conf", ({ configuration }: Told) => ({
      ...{ PIP_CONFIG_FILE: "", XDG_CONFIG_HOME: configuration },
    }), "1.0"],
    ["a file named in PIP_CONFIG_FILE", ({ configuration }: Told) => ({
      PIP_CONFIG_FILE: join(configuration, "pip", "pip.conf"),
    }), "1.0"],
    ["the caller's own UV_DEFAULT_INDEX before pip's index", ({ index, empty }: Told) => ({
      ...{ PIP_INDEX_URL: empty, UV_DEFAULT_INDEX: index },
    }), "2.0"],
  ] as const
) {
  realTest(["uv"], `uv is told ${what}`, async () => {
    await withFixture(async (fixture) => {
      const { folder, wheels, open } = fixture;
      await makeWheel(wheels, "alder", "1.0");
      const configuration = join(folder, "configuration");
      await Deno.mkdir(join(configuration, "pip"), { recursive: true });
      await Deno.writeTextFile(
        join(configuration, "pip", "pip.conf"),
        `[global]\nno-index = true\nindex-url = file:///nowhere\n[install]\nfind-links =\n    ${wheels}\n`,
      );
      await Deno.mkdir(join(folder, "empty"));
      await Deno.writeTextFile(join(folder, "limits.txt"), "alder<2\n");
      const places = { index: await makeIndex(fixture), empty: `file://${join(folder, "empty")}` };
      const variables = told({ ...places, wheels, configuration, limits: join(folder, "limits.txt") });
      const ready = await open({ ...untold, XDG_CONFIG_DIRS: "/nowhere", ...variables })
        .prepare(listOf("alder"), silent);
      assert.equal(await runIn(ready, "alder-says"), `alder ${version}\n`);
    });
  });
}

interface Told {
  readonly wheels: string;
  readonly index: string;
  readonly empty: string;
  readonly configuration: string;
  readonly limits: string;
}

realTest(
  ["uv"],
  "requirements that cannot be met are refused with the solver's own explanation",
  async () => {
    await withFixture(async ({ open, project, cache, wheels }) => {
      await makeWheel(wheels, "alder", "1.0");
      await makeWheel(wheels, "birch", "1.0", { requires: "alder>=2" });
      const failure = await failureOf(open().prepare(listOf("alder", "birch"), silent));
      assert.equal(failure.code, "REQUIREMENTS_UNSATISFIABLE");
      assert.match(failure.details ?? "", /birch depend on alder>=2/);
      assert.match(failure.details ?? "", /your requirements are unsatisfiable/);
      assert.deepEqual([...Deno.readDirSync(project)], []);
      assert.deepEqual(storedNames(cache), []);
    });
  },
);

realTest(["uv"], "an index that cannot be reached is told in uv's words", async () => {
  await withFixture(async ({ open }) => {
    const nowhere = { ...untold, PIP_INDEX_URL: "http://127.0.0.1:9/simple", UV_HTTP_RETRIES: "0" };
    const failure = await failureOf(open(nowhere).prepare(listOf("alder"), silent));
    assert.equal(failure.code, "ENVIRONMENT_FAILED");
    assert.match(failure.details ?? "", /127\.0\.0\.1:9/);
    assert.match(failure.hint ?? "", /PIP_INDEX_URL/);
  });
});

realTest(["uv"], "a requirement that is not written as one is refused", async () => {
  await withFixture(async ({ open }) => {
    const failure = await failureOf(open().prepare(listOf("alder=1"), silent));
    assert.equal(failure.code, "ENVIRONMENT_INVALID");
    assert.match(failure.details ?? "", /no such comparison operator/);
  });
});

realTest(["uv"], "an interpreter that is not there is refused, naming those that are", async () => {
  await withFixture(async ({ open }) => {
    const failure = await failureOf(open().prepare({ ...listOf("alder"), version: "3.99" }, silent));
    assert.equal(failure.code, "INTERPRETER_MISSING");
    assert.match(failure.message, /Python `3\.99`/);
    assert.match(failure.details ?? "", /found:\n {2}3\.\d+\.\d+ +\//);
    assert.match(failure.hint ?? "", /Install Python 3\.99/);
    const wrong = await failureOf(open().prepare({ ...listOf("alder"), version: ">=3.9" }, silent));
    assert.equal(wrong.code, "ENVIRONMENT_INVALID");
  });
});

/** The interpreter behind `python3`, whatever shim may stand in front. */
const interpreter = () =>
  output("python3", ["-c", "import os, sys; print(os.path.realpath(sys.executable))"]);

realTest(
  ["python", "uv"],
  "interpreters are found on PATH and under pyenv, and its shims are not taken for one",
  async () => {
    await withFixture(async ({ open, folder, wheels }) => {
      await makeWheel(wheels, "alder", "1.0");
      const [shims, root] = [join(folder, "shims"), join(folder, "pyenv")];
      await Deno.mkdir(shims);
      await Deno.writeTextFile(join(shims, "python3"), "#!/bin/sh\nexit 127\n", { mode: 0o755 });
      await Deno.symlink(await sharedUv(), join(shims, "uv"));
      const hidden = { PATH: shims, HOME: folder, PYENV_ROOT: root, XDG_DATA_HOME: folder };
      assert.equal(
        (await failureOf(open(hidden).prepare(listOf("alder"), silent))).code,
        "INTERPRETER_MISSING",
      );
      await Deno.mkdir(join(root, "versions", "3", "bin"), { recursive: true });
      const real = (await interpreter()).trim();
      await Deno.symlink(real, join(root, "versions", "3", "bin", "python3"));
      const ready = await open(hidden).prepare(listOf("alder"), silent);
      assert.equal((await Deno.realPath(join(ready.path[0]!, "python"))).toString(), real);
    });
  },
);

realTest(["python"], "without uv, and pip to fetch it, the refusal says what to install", async () => {
  await withFixture(async ({ open, folder }) => {
    const bin = join(folder, "bin");
    await Deno.mkdir(bin);
    await Deno.symlink((await interpreter()).trim(), join(bin, "python3.99"));
    const bare = { PATH: bin, HOME: folder, PYENV_ROOT: folder, XDG_DATA_HOME: folder };
    const failure = await failureOf(open(bare).prepare(listOf("alder"), silent));
    assert.equal(failure.code, "TOOL_MISSING");
    assert.match(failure.details ?? "", /python3: not found/);
    assert.match(failure.hint ?? "", /Install uv/);
  });
});

realTest(["python", "network"], "a missing uv is fetched once, and kept in the cache", async () => {
  await withFixture(async ({ open, cache, wheels, variables }) => {
    await makeWheel(wheels, "alder", "1.0");
    const withoutUv = variables["PATH"]!.split(":").filter((one) => !hasUv(one)).join(":");
    const fetching = { PATH: withoutUv, ...pipOfMachine() };
    const messages: string[] = [];
    const work = {
      ...silent,
      onProgress: (one: { is: string; message?: string }) => messages.push(one.message ?? one.is),
    };
    const failure = await failureOf(
      open({ PATH: withoutUv, PIP_NO_INDEX: "1" }).prepare(listOf("alder"), work),
    );
    assert.equal(failure.code, "TOOL_MISSING");
    assert.match(failure.hint ?? "", /Install uv/);
    assert.deepEqual([...Deno.readDirSync(join(cache, "tools"))], []);
    const ready = await open({ ...fetching, PIP_FIND_LINKS: wheels }).prepare(listOf("alder"), work);
    assert.equal(await runIn(ready, "alder-says"), "alder 1.0\n");
    assert(messages.some((line) => /^Fetching uv \d/.test(line)));
    assert.match(
      [...Deno.readDirSync(join(cache, "tools"))].map((entry) => entry.name).join(),
      /^uv-[\d.]+$/,
    );
  });
});

function hasUv(folder: string): boolean {
  try {
    return Deno.statSync(join(folder, "uv")).isFile;
  } catch {
    return false;
  }
}

/** What reaches the machine's own package index. */
function pipOfMachine(): Record<string, string> {
  const told = Object.entries(Deno.env.toObject()).filter(([name]) => /^PIP_/.test(name));
  return { PIP_CONFIG_FILE: "", PIP_NO_INDEX: "", ...Object.fromEntries(told) };
}
