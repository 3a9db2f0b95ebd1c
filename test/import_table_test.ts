/** The arrows between rooms, as the table in docs/architecture.md draws them. */
import assert from "node:assert/strict";
import { walkSync } from "./walk.ts";
import { readImports } from "./read_imports.ts";

const everyRoom = [
  "cache",
  "cli",
  "comparison",
  "compose",
  "core",
  "dsl",
  "engines",
  "environments",
  "mlproject",
  "models",
  "plan",
  "sandbox",
  "scheduler",
  "server",
  "terminal",
  "tracker",
  "web",
];

/** What each room may import of ours, besides itself; `mod.ts` and the folders of pipelines are rooms here too. */
function allowed(room: string): readonly string[] {
  switch (room) {
    case "mod.ts":
    case "testing.ts":
      return ["dsl", "compose"];
    case "pipelines":
    case "examples":
      return ["mod.ts"];
    case "core":
      return [];
    case "compose":
      return everyRoom.filter((other) => other !== "cli");
    case "cli":
      return ["core", "dsl", "compose", "terminal"];
    default:
      return ["core"];
  }
}

/** `src/plan/plan.ts` is in `plan`, `pipelines/iris/pipeline.ts` in `pipelines`. */
const roomOf = (file: string): string => file.startsWith("src/") ? file.split("/")[1]! : file.split("/")[0]!;

const isSource = (file: string): boolean => /\.tsx?$/.test(file) && !/_test\.tsx?$/.test(file);
const sources = [
  "mod.ts",
  "testing.ts",
  ...["src", "pipelines", "examples"].flatMap((folder) => walkSync(folder)),
]
  .filter(isSource);

Deno.test("every folder of src/ is a room of the table", () => {
  const rooms = new Set(sources.filter((file) => file.startsWith("src/")).map(roomOf));
  assert.deepEqual([...rooms].filter((room) => !everyRoom.includes(room)), []);
});

Deno.test("every import follows the table of rooms, static, dynamic and of types", async () => {
  const imports = await readImports(sources);
  assert.ok(
    imports.some(({ from, to }) => from === "src/core/ports/reporter.ts" && to === "src/core/event.ts"),
    "the reader sees imports of types",
  );
  const wrong = imports.filter(({ from, to }) => {
    const [here, there] = [roomOf(from), roomOf(to)];
    // A user's folder may hold several modules, but leads to no other user's folder.
    if (here === "pipelines" || here === "examples") return there !== "mod.ts" && there !== here;
    return here !== there && !allowed(here).includes(there);
  });
  assert.deepEqual(wrong.map(({ from, to }) => `${from} may not import ${to}`), []);
});

Deno.test("sources outside test files import no test, bench or scratch folder", async () => {
  const known = new Set(["mod.ts", "testing.ts", "pipelines", "examples", ...everyRoom]);
  const foreign = (await readImports(sources)).filter(({ to }) => !known.has(roomOf(to)));
  assert.deepEqual(foreign, []);
});

Deno.test("no file is imported by what it imports, in however many steps", async () => {
  const imported = Map.groupBy(await readImports(sources), ({ from }) => from);
  const after = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, above: readonly string[]) => {
    if (above.includes(file)) {
      circles.push([...above.slice(above.indexOf(file)), file].join(" -> "));
      return;
    }
    if (after.has(file)) return;
    for (const { to } of imported.get(file) ?? []) visit(to, [...above, file]);
    after.add(file);
  };
  sources.forEach((file) => visit(file, []));
  assert.deepEqual(circles, []);
});
