import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { digestFile } from "../core/file_tree.ts";
import { digestSourceList } from "../core/sources.ts";
import { listFunctionSources } from "./function_sources.ts";

const files: Readonly<Record<string, string>> = {
  "deno.json":
    `{"imports": {"sluice": "jsr:@sluice/sluice@^0.1", "one": "./a.ts", "two": "./b.ts"}, "tasks": {}}`,
  "package.json": `{"dependencies": {"tiny": "^1.0.0"}, "scripts": {}}`,
  "a.ts": "export default 1;",
  "b.ts": "export default 2;",
  "module.ts": `import "one"; import "two"; import "tiny";`,
  "node_modules/tiny/package.json":
    `{"name": "tiny", "version": "1.0.0", "main": "index.js", "type": "module", "dependencies": {"@small/dot": "*"}}`,
  "node_modules/tiny/index.js": `import "@small/dot";`,
  "node_modules/@small/dot/package.json": `{"name": "@small/dot", "version": "2.0.0", "main": "index.js"}`,
  "node_modules/@small/dot/index.js": "",
  "node_modules/other/package.json": `{"name": "other", "version": "3.0.0"}`,
};

const edits: readonly {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly isOther: boolean;
}[] = [
  { name: "a task", file: "deno.json", from: `"tasks": {}`, to: `"tasks": {"a": "b"}`, isOther: false },
  { name: "sluice's own range", file: "deno.json", from: "^0.1", to: "^0.1.0", isOther: false },
  {
    name: "a script",
    file: "package.json",
    from: `"scripts": {}`,
    to: `"scripts": {"a": "b"}`,
    isOther: false,
  },
  {
    name: "a package that none needs",
    file: "node_modules/other/package.json",
    from: "3.0.0",
    to: "4.0.0",
    isOther: false,
  },
  {
    name: "two names that change places",
    file: "deno.json",
    from: `"one": "./a.ts", "two": "./b.ts"`,
    to: `"one": "./b.ts", "two": "./a.ts"`,
    isOther: true,
  },
  {
    name: "how JSX is read",
    file: "deno.json",
    from: `"tasks": {}`,
    to: `"compilerOptions": {"jsx": "react", "jsxFactory": "h"}`,
    isOther: true,
  },
  {
    name: "the version of an installed package",
    file: "node_modules/tiny/package.json",
    from: "1.0.0",
    to: "1.0.1",
    isOther: true,
  },
  {
    name: "the version of what an installed package needs",
    file: "node_modules/@small/dot/package.json",
    from: "2.0.0",
    to: "2.0.1",
    isOther: true,
  },
];

async function digestIn(root: string): Promise<string> {
  const digests = { digest: digestFile, close: () => Promise.resolve() };
  return digestSourceList((await listFunctionSources(`file://${root}/module.ts`, digests)).list);
}

for (const { name, file, from, to, isOther } of edits) {
  Deno.test(`A function with another of ${name} is ${isOther ? "another" : "the same"}`, async () => {
    const root = Deno.realPathSync(Deno.makeTempDirSync());
    for (const [path, text] of Object.entries(files)) {
      Deno.mkdirSync(dirname(join(root, path)), { recursive: true });
      Deno.writeTextFileSync(join(root, path), text);
    }
    const before = await digestIn(root);
    assert.ok(files[file]!.includes(from));
    Deno.writeTextFileSync(join(root, file), files[file]!.replace(from, to));
    assert.equal(await digestIn(root) !== before, isOther);
    Deno.removeSync(root, { recursive: true });
  });
}
