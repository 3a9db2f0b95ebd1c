/** Nothing is exported that no other module asks for. */
import assert from "node:assert/strict";
import { type Export, readExports } from "./read_exports.ts";
import { readImports } from "./read_imports.ts";
import { root, walkSync } from "./walk.ts";

const isTest = (file: string): boolean =>
  file.startsWith("test/") || /(_test|\/test_\w+|_contract\w*|\/tracker_check)\.ts$/.test(file);

/** Besides those of `deno.json`'s exports, which are anyone's to import. */
const files = ["mod.ts", "testing.ts", ...["src", "test", "tools", "bench"].flatMap(walkSync)]
  .filter((file) => file.endsWith(".ts"));
const texts = new Map(files.map((file) => [file, Deno.readTextFileSync(root + file)]));

/** The modules that import the one that exports it and name it. */
async function findUsers(exports: readonly Export[]): Promise<Map<Export, readonly string[]>> {
  const importers = Map.groupBy(await readImports(files), ({ to }) => to);
  return new Map(exports.map((one) => {
    const users = (importers.get(one.file) ?? []).map(({ from }) => from)
      .filter((from) => from !== one.file && wordOf(one.name).test(texts.get(from)!));
    return [one, users];
  }));
}

const wordOf = (name: string): RegExp => new RegExp(`(?<![\\w$])${RegExp.escape(name)}(?![\\w$])`, "g");

const exported = await readExports(files.filter((file) => file.startsWith("src/") && !isTest(file)));
const users = await findUsers(exported);

/** A type is exported as well for what it describes: an export that is used, of the same file. */
const describes = (one: Export): boolean =>
  one.isType &&
  exported.some((other) =>
    other !== one && other.file === one.file && other.declaration.includes(JSON.stringify(one.name))
  );

Deno.test("the reader of exports and imports sees both, also where an import is dynamic", () => {
  const openCache = exported.find(({ file, name }) => file === "src/cache/cache.ts" && name === "openCache")!;
  assert.ok(openCache.docstring!.startsWith("Opens it"));
  assert.ok(users.get(openCache)!.some((file) => file.startsWith("src/compose/")));
  assert.ok(exported.length > 500, String(exported.length));
});

Deno.test("every export is imported somewhere", () => {
  const dead = exported.filter((one) => users.get(one)!.length === 0 && !describes(one));
  assert.deepEqual(dead.map(({ file, name }) => `${file} exports ${name}, which nobody imports`), []);
});

Deno.test("what only tests import does something in its own file", () => {
  const dead = exported.filter((one) =>
    users.get(one)!.length > 0 && users.get(one)!.every(isTest) && !describes(one) &&
    // Its declaration names it once.
    texts.get(one.file)!.match(wordOf(one.name))!.length < 2
  );
  assert.deepEqual(
    dead.map(({ file, name }) => `${file} exports ${name}, which is of use to tests alone`),
    [],
  );
});

Deno.test("no module of src/ is there that nobody imports", async () => {
  const imported = new Set((await readImports(files)).map(({ to }) => to));
  const { exports } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const entries = new Set(Object.values<string>(exports).map((path) => path.replace(/^\.\//, "")));
  const alone = files.filter((file) =>
    file.startsWith("src/") && !isTest(file) && !imported.has(file) && !entries.has(file)
  );
  assert.deepEqual(alone, []);
});
