import assert from "node:assert/strict";
import { SluiceError } from "../core/error.ts";
import { readPyproject } from "./pyproject.ts";

const text = `[project]
name = "x"
requires-python = ">=3.10"
dependencies = ["six"]

[tool.uv]
prerelease = "allow"
`;

for (
  const [what, change, isSame] of [
    [
      "keeps its content when a formatter is set up",
      (old: string) => `${old}[tool.ruff]\nline-length = 99\n`,
      true,
    ],
    ["keeps its content with a comment", (old: string) => `# note\n${old}`, true],
    [
      "keeps its content with another version",
      (old: string) => old.replace('"x"', '"x"\nversion = "2"'),
      true,
    ],
    ["changes with a dependency", (old: string) => old.replace('["six"]', '["six", "idna"]'), false],
    ["changes with the Python it requires", (old: string) => old.replace("3.10", "3.11"), false],
    ["changes with a setting of uv", (old: string) => old.replace("allow", "disallow"), false],
  ] as const
) {
  Deno.test(`readPyproject() ${what}`, () => {
    const [before, after] = [text, change(text)].map((one) => readPyproject(one, "pyproject.toml").content);
    assert.equal(JSON.stringify(before) === JSON.stringify(after), isSame);
  });
}

Deno.test("readPyproject() reads dependencies and the Python required", () => {
  const { dependencies, requires } = readPyproject(text, "pyproject.toml");
  assert.deepEqual([dependencies, requires], [["six"], ">=3.10"]);
  assert.deepEqual(readPyproject("", "pyproject.toml").dependencies, []);
});

Deno.test("readPyproject() refuses what is no TOML, with the line", () => {
  assert.throws(() => readPyproject("[project]\nname = \n", "/p/pyproject.toml"), (error) => {
    assert(error instanceof SluiceError);
    assert.equal(error.failure.code, "ENVIRONMENT_INVALID");
    assert.deepEqual(error.failure.at, { file: "/p/pyproject.toml", line: 2 });
    return true;
  });
});

for (const dependencies of ["1", '"six"', "[1]", "[{ a = 1 }]"]) {
  Deno.test(`readPyproject() refuses \`dependencies = ${dependencies}\``, () => {
    assert.throws(
      () => readPyproject(`[project]\ndependencies = ${dependencies}\n`, "pyproject.toml"),
      (error) => error instanceof SluiceError && error.failure.code === "ENVIRONMENT_INVALID",
    );
  });
}
