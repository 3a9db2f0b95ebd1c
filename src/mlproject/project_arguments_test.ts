import assert from "node:assert/strict";
import type { ProjectEntryPoint, ProjectParameter } from "../core/mlproject.ts";
import { resolveProjectArguments } from "./project_arguments.ts";

const parameter = (change: Partial<ProjectParameter>): ProjectParameter => ({
  name: "a",
  type: "string",
  place: {},
  ...change,
});
const resolve = (
  parameters: readonly ProjectParameter[],
  given: Record<string, string>,
  command = "true",
) => {
  const entryPoint: ProjectEntryPoint = { name: "main", command, parameters, needs: [], place: {} };
  const result = resolveProjectArguments(entryPoint, new Map(Object.entries(given)));
  return result.ok
    ? { values: [...result.value.values], extra: [...result.value.extra] }
    : result.failure.message;
};

Deno.test("what is given counts before a default, and what is not named comes after", () => {
  const parameters = [parameter({ name: "a", default: "1" }), parameter({ name: "b", default: "2" })];
  assert.deepEqual(resolve(parameters, { z: "9", b: "3" }), {
    values: [["a", "1"], ["b", "3"]],
    extra: [["z", "9"]],
  });
});

Deno.test("all that has no value is named at once, holes that nothing declares among it", () => {
  assert.equal(
    resolve([parameter({ name: "a" })], {}, "python a.py {b}"),
    "Cannot run entry point `main` without a value for `a`, `b`",
  );
  assert.deepEqual(resolve([], { b: "1" }, "python a.py {b}"), { values: [["b", "1"]], extra: [] });
});

const batchSize = parameter({ name: "batch_size", type: "int", default: "32", minimum: 8, maximum: 256 });
for (
  const [name, spec, text, because] of [
    ["too small a number", batchSize, "4", "at least 8"],
    ["too large a number", batchSize, "300", "at most 256"],
    ["a number with a part", batchSize, "32.5", "a whole number"],
    ["a whole number with a point", batchSize, "8.0", "a whole number"],
    ["no number", batchSize, "many", "a whole number"],
    ["an empty text for a number", batchSize, "", "a whole number"],
    ["no number between bounds", parameter({ type: "float", minimum: 0 }), "nan", "a number"],
    ["hexadecimal digits", parameter({ type: "float", minimum: 0 }), "0x10", "a number"],
    ["no truth", parameter({ type: "boolean" }), "1", "true or false"],
    ["none of the choices", parameter({ choices: ["x", "y"] }), "z", "one of: x, y"],
  ] as const
) {
  Deno.test(`a parameter is refused for ${name}`, () => {
    assert.equal(
      resolve([spec], { [spec.name]: text }),
      `Cannot set parameter \`${spec.name}\` to \`${text}\` as it must be ${because}`,
    );
  });
}

Deno.test("a default out of its own bounds is refused as well", () => {
  assert.equal(
    resolve([{ ...batchSize, default: "4" }], {}),
    "Cannot set the default of parameter `batch_size` to `4` as it must be at least 8",
  );
});

Deno.test("what MLflow leaves unchecked is left unchecked: a float without bounds, a text", () => {
  for (const type of ["float", "string", "uri", "path"] as const) {
    assert.deepEqual(resolve([parameter({ type })], { a: "much" }), { values: [["a", "much"]], extra: [] });
  }
});
