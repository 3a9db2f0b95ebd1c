import assert from "node:assert/strict";
import { newParameters } from "./same_parameter.ts";

for (
  const [logged, given, isNew] of [
    ["1", "1.0", false],
    ["1e-7", "1e-07", false],
    ["true", "True", false],
    ["0.1", "0.1", false],
    ["0.1", "0.2", true],
    ["true", "False", true],
    ["1", "true", true],
    ["a", "A", true],
    ["1", "", true],
    [undefined, "1", true],
  ] as const
) {
  Deno.test(`a step that logs ${JSON.stringify(given)} over ${JSON.stringify(logged)} logs ${isNew ? "anew" : "the same"}`, () => {
    const before = logged === undefined ? [] : [{ key: "x", value: logged }];
    assert.equal(newParameters([{ key: "x", value: given }], before).length, isNew ? 1 : 0);
  });
}
