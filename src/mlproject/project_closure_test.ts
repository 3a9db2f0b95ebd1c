import assert from "node:assert/strict";
import fc from "fast-check";
import type { MlflowProject, ProjectEntryPoint } from "../core/mlproject.ts";
import { ancestorsOf, findClosure, shareParameters } from "./project_closure.ts";

const entryPoint = (
  name: string,
  needs: readonly string[],
  parameters: readonly string[] = [],
): ProjectEntryPoint => ({
  ...{ name, command: "true", needs, place: {} },
  parameters: parameters.map((each) => ({ name: each, type: "string", place: {} })),
});
const projectOf = (entryPoints: readonly ProjectEntryPoint[]): MlflowProject => ({
  environment: { is: "python" },
  entryPoints,
});

/** By number of each entry point: those that it needs, among any of them. */
const graph = fc.integer({ min: 1, max: 8 }).chain((size) =>
  fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size })
);

Deno.test("a closure has each after what it needs, and no more; a circle is refused with its names", () => {
  fc.assert(fc.property(graph, (needs) => {
    const points = needs.map((each, index) => entryPoint(`e${index}`, each.map((other) => `e${other}`)));
    const reached = new Set<string>();
    const reach = (name: string) => {
      for (const need of points.find((each) => each.name === name)!.needs) {
        if (!reached.has(need)) reached.add(need), reach(need);
      }
    };
    reach("e0");
    const isCircular = [...reached, "e0"].some((name) => {
      const seen = new Set<string>();
      const visit = (one: string): boolean =>
        points.find((each) => each.name === one)!.needs.some((need) =>
          need === name || !seen.has(need) && (seen.add(need), visit(need))
        );
      return visit(name);
    });
    const found = findClosure(projectOf(points), points[0]!);
    assert.equal(found.ok, !isCircular);
    if (!found.ok) return assert.match(found.failure.message, /depends on itself: `e\d` depends on `e\d`/);
    const names = found.value.map(({ name }) => name);
    assert.deepEqual([...names].sort(), [...new Set([...reached, "e0"])].sort());
    assert.equal(names.at(-1), "e0");
    for (const [index, each] of found.value.entries()) {
      for (const need of each.needs) assert.ok(names.indexOf(need) < index, `${need} before ${each.name}`);
    }
    assert.deepEqual(
      ancestorsOf(points[0]!, found.value).map(({ name }) => name),
      names.filter((name) => name !== "e0"),
    );
  }));
});

Deno.test("a chain of ten thousand is walked", () => {
  const points = Array.from(
    { length: 10_000 },
    (_, index) => entryPoint(`e${index}`, index === 0 ? [] : [`e${index - 1}`]),
  );
  const found = findClosure(projectOf(points), points.at(-1)!);
  assert.ok(found.ok && found.value.length === 10_000);
});

const closure = [
  entryPoint("a", [], ["seed", "own"]),
  entryPoint("a.b", [], ["own"]),
  entryPoint("main", ["a", "a.b"], ["seed"]),
];
for (
  const [given, expected] of [
    [{ seed: "1" }, { a: { seed: "1" }, main: { seed: "1" } }],
    [{ own: "1" }, { a: { own: "1" }, "a.b": { own: "1" } }],
    [{ "a.own": "1" }, { a: { own: "1" } }],
    [{ "a.b.own": "1" }, { "a.b": { own: "1" } }],
    [{ "a.seed": "1", seed: "2" }, { a: { seed: "1" }, main: { seed: "2" } }],
    [{ seed: "2", "a.seed": "1" }, { a: { seed: "1" }, main: { seed: "2" } }],
    [{ other: "1", "a.other": "2", "c.seed": "3" }, { main: { other: "1", "a.other": "2", "c.seed": "3" } }],
  ] as const
) {
  Deno.test(`of ${JSON.stringify(given)} the entry points get ${JSON.stringify(expected)}`, () => {
    const shared = shareParameters(closure, new Map(Object.entries(given)));
    const all = [...shared].map(([name, values]) => [name, Object.fromEntries(values)] as const);
    assert.deepEqual(
      Object.fromEntries(all.filter(([, values]) => Object.keys(values).length > 0)),
      expected,
    );
  });
}
