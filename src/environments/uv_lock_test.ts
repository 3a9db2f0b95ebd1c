import assert from "node:assert/strict";
import { findMoved } from "./uv_lock.ts";

const lock = `version = 1
[[package]]
name = "grove"
source = { virtual = "." }
[package.metadata]
requires-dist = [
    { name = "alder" },
    { name = "pandas", extras = ["excel"], specifier = ">=2,<3" },
    { name = "local-tool", directory = "tool" },
    { name = "pytest", marker = "extra == 'test'" },
]
[[package]]
name = "alder"
version = "1.0"
`;
const fitting = ["Alder", "pandas[excel] >=2, <3", "local_tool"];

for (
  const [what, dependencies, moved] of [
    ["nothing where all is as locked", fitting, []],
    ["nothing for another order and a marker", [
      "local-tool",
      "pandas[excel]<3,>=2 ; os_name == 'x'",
      "alder",
    ], []],
    ["what is new", [...fitting, "birch"], ["birch"]],
    ["what is gone", fitting.slice(1), ["alder"]],
    ["another range", ["alder>1", ...fitting.slice(1)], ["alder"]],
  ] as const
) {
  Deno.test(`findMoved() finds ${what}`, () => assert.deepEqual(findMoved(dependencies, lock), moved));
}
