import assert from "node:assert/strict";
import fc from "fast-check";
import { nameItems } from "./each.ts";

for (
  const [items, names] of [
    [["red", "white"], ["red", "white"]],
    [[0.01, 0.1, 1], ["0_01", "0_1", "1"]],
    [[1e-7, -2, 1e21], ["1e-7", "-2", "1e_21"]],
    [["a b", "a/b", "ä"], ["a_b", "a_b-1", "_"]],
    [["a", "a", "a"], ["a", "a-1", "a-2"]],
    [["a", "a-1", "a"], ["a", "a-1", "a-2"]],
    [["", {}, null, 1], ["0", "1", "2", "1-3"]],
    [["x".repeat(41)], ["0"]],
  ] as const
) {
  Deno.test(`each names ${JSON.stringify(items)} ${names.join(" ")}`, () =>
    assert.deepEqual(nameItems(items), names));
}

Deno.test("names of items are unique and fit in a name of a step", () => {
  const item = fc.oneof(
    fc.string(),
    fc.double(),
    fc.constant({}),
    fc.constantFrom("a", "a-1", "a-2", "0", "1"),
  );
  fc.assert(fc.property(fc.array(item), (items) => {
    const names = nameItems(items);
    assert.equal(new Set(names).size, items.length);
    for (const name of names) assert.match(name, /^[A-Za-z0-9_-]+$/);
  }));
});
