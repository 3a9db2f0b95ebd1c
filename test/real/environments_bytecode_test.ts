import assert from "node:assert/strict";
import { basename, join } from "node:path";
import type { ReadyEnvironment } from "../../src/core/environment.ts";
import { realTest } from "../real_part.ts";
import {
  type Fixture,
  listOf,
  makeWheel,
  output,
  silent,
  until,
  withFixture,
} from "./environments_fixture.ts";

const bytecodeOf = (ready: ReadyEnvironment) => ready.variables["PYTHONPYCACHEPREFIX"]!;
const stateOf = (ready: ReadyEnvironment) => Deno.readTextFileSync(join(bytecodeOf(ready), "state"));
const untilComplete = (ready: ReadyEnvironment) => until(() => stateOf(ready) === "complete\n");

function filesBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) =>
    entry.isDirectory ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]
  ).sort();
}

/** Runs Python as a step would, and says which modules it compiled itself. */
async function compiledBy(ready: ReadyEnvironment, program: string): Promise<string[]> {
  const listening = `import importlib._bootstrap_external as b
old = b.SourceLoader.source_to_code
b.SourceLoader.source_to_code = lambda self, data, path, **more: (print(path), old(self, data, path, **more))[1]
${program}`;
  const text = await output(join(ready.path[0]!, "python"), ["-c", listening], { ...ready.variables });
  return text.split("\n").filter((line) => line !== "");
}

async function makeReady({ open, wheels }: Fixture) {
  await makeWheel(wheels, "alder", "1.0", { note: "runs\nopen('/tmp/never', 'x')" });
  await makeWheel(wheels, "alder", "1.0");
  const environments = open();
  return { environments, ready: await environments.prepare(listOf("alder"), silent) };
}

realTest(["uv"], "bytecode is filled beside the environment, which stays as it was made", async () => {
  await withFixture(async (fixture) => {
    const { ready } = await makeReady(fixture);
    assert(ready.folders.includes(bytecodeOf(ready)));
    assert(Deno.statSync(bytecodeOf(ready)).isDirectory);
    await untilComplete(ready);
    assert(!filesBelow(ready.folders[0]!).some((path) => path.endsWith(".pyc")));
    const filled = filesBelow(bytecodeOf(ready));
    assert(filled.some((path) => /site-packages\/alder\/__init__\..*\.pyc$/.test(path)));
    assert.deepEqual(await compiledBy(ready, "import alder, json, argparse, sqlite3"), []);
    assert.deepEqual(filesBelow(bytecodeOf(ready)), filled);
  });
});

realTest(["uv"], "a step writes no bytecode, neither beside its sources nor in the folder", async () => {
  await withFixture(async (fixture) => {
    const { environments, ready } = await makeReady(fixture);
    await environments.close();
    await Deno.writeTextFile(join(fixture.folder, "own.py"), "");
    const before = filesBelow(bytecodeOf(ready)).filter((path) => path.includes("own"));
    await output(join(ready.path[0]!, "python"), [
      "-c",
      `import sys; sys.path.insert(0, ${JSON.stringify(fixture.folder)}); import own`,
    ], { ...ready.variables });
    assert.deepEqual(before, []);
    assert(!filesBelow(fixture.folder).some((path) => /own.*\.pyc/.test(path)));
  });
});

realTest(["uv"], "filling runs nothing of a package, not even its .pth files", async () => {
  await withFixture(async (fixture) => {
    const { environments, ready } = await makeReady(fixture);
    await environments.close();
    const mark = join(fixture.folder, "it-ran");
    const library = join(ready.folders[0]!, "lib");
    const packages = join(library, [...Deno.readDirSync(library)][0]!.name, "site-packages");
    await Deno.writeTextFile(join(packages, "spy.pth"), `import spy\n`);
    await Deno.writeTextFile(join(packages, "spy.py"), `open(${JSON.stringify(mark)}, "x")\n`);
    for (const name of ["sitecustomize.py", "compileall.py", "os.py"]) {
      await Deno.writeTextFile(join(packages, name), `open(${JSON.stringify(mark)}, "x")\n`);
    }
    await Deno.writeTextFile(join(bytecodeOf(ready), "state"), "filling\n");
    await fixture.open().prepare(listOf("alder"), silent);
    await untilComplete(ready);
    assert(filesBelow(bytecodeOf(ready)).some((path) => /\/spy\..*\.pyc$/.test(path)));
    assert.throws(() => Deno.statSync(mark), Deno.errors.NotFound);
  });
});

realTest(["uv"], "what close() ended is taken up by the next start", async () => {
  await withFixture(async (fixture) => {
    const { environments, ready } = await makeReady(fixture);
    await environments.close();
    const again = await fixture.open().prepare(listOf("alder"), silent);
    assert.deepEqual(again, { ...ready, isNew: false });
    await untilComplete(again);
  });
});

realTest(["uv"], "what a step of an older version filled is not read", async () => {
  await withFixture(async (fixture) => {
    const { environments, ready } = await makeReady(fixture);
    await environments.close();
    await Deno.remove(join(bytecodeOf(ready), "state"));
    const poison = join(bytecodeOf(ready), "poison.pyc");
    await Deno.writeTextFile(poison, "");
    const again = fixture.open();
    await again.prepare(listOf("alder"), silent);
    assert.throws(() => Deno.statSync(poison), Deno.errors.NotFound);
    await untilComplete(ready);
    const left = `${basename(bytecodeOf(ready))}.old-`;
    const names = () => [...Deno.readDirSync(join(fixture.cache, "bytecode"))].map(({ name }) => name);
    assert(names().some((name) => name.startsWith(left)));
    await again.collectGarbage();
    assert.deepEqual(names(), [basename(bytecodeOf(ready))]);
  });
});
