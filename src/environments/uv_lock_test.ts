import assert from "node:assert/strict";
import { SluiceError } from "../core/error.ts";
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
  Deno.test(`findMoved() finds ${what}`, () =>
    assert.deepEqual(findMoved(dependencies, lock, "uv.lock"), moved));
}

for (
  const [what, text] of [
    ["is no TOML", "]"],
    ["is TOML with a number that is too large", "n = 9007199254740992"],
    ["holds something else as its packages", "[package]\nname = 1"],
    [
      "requires what has no name",
      `[[package]]\nsource = { virtual = "." }\nmetadata = { requires-dist = [{}] }`,
    ],
  ] as const
) {
  Deno.test(`findMoved() refuses a lock that ${what}`, () => {
    assert.throws(
      () => findMoved([], text, "uv.lock"),
      (error) => error instanceof SluiceError && error.failure.code === "ENVIRONMENT_INVALID",
    );
  });
}
