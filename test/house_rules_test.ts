/** Rules that hold for every file of this repository. */
import assert from "node:assert/strict";
import { sluiceVersion } from "../src/compose/version.ts";
import { realTest } from "./real_part.ts";
import { root, walkSync } from "./walk.ts";

const longestFile = 400;

/** What a file that others will read may not name. Each is written so that it does not find itself. */
const forbidden: readonly (readonly [string, RegExp])[] = [
  [
    "a path of the machine it was written on",
    /\/work\/(?:main|steering|lab|shared|\.library)|\/root\/|\/farm\/|\/tmp\/t\//,
  ],
  [
    "a package registry's host: name packages, never hosts",
    /registry\.npmjs|pypi\.org|files\.pythonhosted|deb\.debian/,
  ],
  ["a mark of unfinished work", /\b(?:TO[D]O|FIX[M]E|XX[X])\b/],
];

async function trackedFiles(): Promise<string[]> {
  return (await output("git", ["ls-files", "-z"])).split("\0").filter((path) => path !== "");
}

async function output(command: string, args: readonly string[]): Promise<string> {
  const result = await new Deno.Command(command, { args: [...args], cwd: root }).output();
  const [stdout, stderr] = [result.stdout, result.stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!result.success) throw new Error(`${command} ${args.join(" ")}\n${stdout}${stderr}`);
  return stdout!;
}

/** Undefined for a tracked file that was just removed, and for one that is not text. */
async function readText(path: string): Promise<string | undefined> {
  const bytes = await Deno.readFile(root + path).catch(() => new Uint8Array([0]));
  return bytes.includes(0) ? undefined : new TextDecoder().decode(bytes);
}

realTest(["git"], `no source file is longer than ${longestFile} lines`, async () => {
  const long: string[] = [];
  for (const path of (await trackedFiles()).filter((path) => /\.(tsx?|py)$/.test(path))) {
    const lines = (await readText(path) ?? "").split("\n").length - 1;
    if (lines > longestFile) long.push(`${path} has ${lines} lines`);
  }
  assert.deepEqual(long, []);
});

realTest(["git"], "no file names a path of one machine, a registry's host or unfinished work", async () => {
  const found: string[] = [];
  for (const path of await trackedFiles()) {
    (await readText(path) ?? "").split("\n").forEach((line, index) => {
      for (const [what, pattern] of forbidden) {
        if (pattern.test(line)) {
          found.push(`${path}:${index + 1} names ${what}: ${line.trim().slice(0, 120)}`);
        }
      }
    });
  }
  assert.deepEqual(found, []);
});

Deno.test("the version is the same wherever it stands", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  assert.equal(sluiceVersion, version);
});

Deno.test("the Deno of README.md, CONTRIBUTING.md and CI is one version", async () => {
  const named = new Set<string>();
  for (const path of ["README.md", "CONTRIBUTING.md", ".ci/run", "src/cli/ci_files.ts"]) {
    for (const [, version] of (await readText(path) ?? "").matchAll(/deno@(\d[\d.]*\d)/g)) {
      named.add(version!);
    }
  }
  assert.equal(named.size, 1, [...named].join(", "));
});

Deno.test("everything that mod.ts and testing.ts export is documented", async () => {
  await output(Deno.execPath(), ["doc", "--lint", "mod.ts", "testing.ts"]);
});

/** The sentence after the name of a room tells its job; the others of its files say only their own. */
Deno.test("each room of src/ has one file that begins with the room's name and says what it is for", async () => {
  const rooms = [...Deno.readDirSync(`${root}src`)].map(({ name }) => name);
  const told: string[] = [];
  const silent: string[] = [];
  for (const path of walkSync("src").filter((path) => path.endsWith(".ts") && !path.endsWith("_test.ts"))) {
    const text = (await readText(path) ?? "").replace(/^#!.*\n/, "");
    const docstring = /^\/\*\*\s*(?:\* )?(?:(?<name>[A-Z]\w*): )?/.exec(text);
    if (docstring === null) silent.push(path);
    const name = docstring?.groups?.["name"]?.toLowerCase();
    if (name === path.split("/")[1]) told.push(name!);
  }
  assert.deepEqual(silent, [], "every file says at its top what it is for");
  assert.deepEqual(told.toSorted(), rooms.toSorted());
});

Deno.test("every interface of the ports and every method of theirs has a docstring", async () => {
  const ports = walkSync("src/core/ports");
  assert.ok(ports.length > 5, ports.join());
  const { nodes } = JSON.parse(await output(Deno.execPath(), ["doc", "--json", ...ports]));
  type Documented = { readonly name: string; readonly jsDoc?: unknown };
  type Symbol = Documented & {
    readonly declarations: readonly (Documented & {
      readonly declarationKind: string;
      readonly def?: { readonly methods?: readonly Documented[] };
    })[];
  };
  const symbols = Object.values<{ readonly symbols: readonly Symbol[] }>(nodes).flatMap(({ symbols }) =>
    symbols
  );
  const bare = symbols.flatMap(({ name, declarations }) =>
    declarations.filter(({ declarationKind }) => declarationKind === "export").flatMap((declaration) => [
      ...declaration.jsDoc === undefined ? [name] : [],
      ...(declaration.def?.methods ?? []).filter(({ jsDoc }) => jsDoc === undefined)
        .map((method) => `${name}.${method.name}`),
    ])
  );
  assert.deepEqual(bare, []);
});
