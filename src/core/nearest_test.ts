import assert from "node:assert/strict";
import { nearest } from "./nearest.ts";

for (
  const [name, candidates, expected] of [
    ["tarin", ["train", "evaluate"], "train"],
    ["alhpa", ["alpha", "beta"], "alpha"],
    ["evaluat", ["train", "evaluate"], "evaluate"],
    ["ALPHA", ["alpha"], "alpha"],
    ["deploy", ["train", "evaluate"], undefined],
    ["x", ["y"], "y"],
    ["anything", [], undefined],
  ] as const
) {
  Deno.test(`nearest() to "${name}" among ${JSON.stringify(candidates)} is ${expected}`, () =>
    assert.equal(nearest(name, candidates), expected));
}
