import assert from "node:assert/strict";
import { SluiceError } from "../core/error.ts";
import { condaAsPypi } from "./conda_as_pypi.ts";
import { readCondaEnv } from "./read_conda_env.ts";

const read = (text: string) => condaAsPypi(readCondaEnv(text, "conda.yaml"));
const dependencies = (...lines: readonly string[]) =>
  read(`dependencies:\n${lines.map((line) => `  - ${JSON.stringify(line)}\n`).join("")}`);

Deno.test("a package means to pip what it means to conda", () => {
  for (
    const [conda, pypi] of [
      ["six", "six"],
      ["six=1.16", "six==1.16.*"],
      ["six==1.16", "six==1.16"],
      ["six 1.16", "six==1.16"],
      ["six=1.16=py39_0", "six==1.16.*"],
      ["six 1.16 py39_0", "six==1.16"],
      ["six==1.16.0=py39h_0", "six==1.16.0"],
      ["six=1.16.*", "six==1.16.*"],
      ["six >=1.2, <2", "six>=1.2,<2"],
      ["six !=1.2", "six!=1.2"],
      ["six~=1.4.2", "six~=1.4.2"],
      ["six=*", "six"],
      ["conda-forge::six>=1", "six>=1"],
      ["Pytorch", "torch"],
      ["matplotlib-base", "matplotlib"],
    ] as const
  ) {
    assert.deepEqual(dependencies(conda).requirements, [pypi], conda);
  }
});

Deno.test("python is the interpreter, pip is not needed, and the pip section follows", () => {
  assert.deepEqual(
    read(
      "name: a\nchannels: [defaults]\ndependencies: [python=3.9, pip, six, {pip: [mlflow>=2.10, -r more.txt]}]\n",
    ),
    { python: "3.9", requirements: ["six", "mlflow>=2.10", "-r more.txt"] },
  );
  assert.equal(dependencies("python 3.10.4").python, "3.10.4");
  assert.equal(dependencies("python=3.10.*").python, "3.10");
  assert.equal(dependencies("python>=3.8").python, undefined);
  assert.deepEqual(read("dependencies:\n"), { requirements: [] });
});

Deno.test("wheels made before numpy 2 get the numpy that they were made with, unless the file speaks of numpy", () => {
  const last = (...lines: readonly string[]) => dependencies(...lines).requirements.at(-1);
  assert.equal(last("scikit-learn=1.0.2"), "numpy<2");
  assert.equal(last("scikit-learn=1.0"), "numpy<2");
  assert.equal(last("pandas<2"), "numpy<2");
  assert.equal(last("scipy<1.13"), "numpy<2");
  assert.equal(last("pandas~=1.5.0"), "numpy<2");
  assert.equal(last("scikit-learn=1.5"), "scikit-learn==1.5.*");
  assert.equal(last("scikit-learn=1.4"), "scikit-learn==1.4.*", "1.4.2 runs with both");
  assert.equal(last("scikit-learn>=1.0"), "scikit-learn>=1.0");
  assert.equal(last("scikit-learn"), "scikit-learn");
  assert.equal(last("scikit-learn=1.0.2", "numpy=1.21"), "numpy==1.21.*");
});

for (
  const [name, text, message] of [
    ["what PyPI has not", "dependencies: [cudatoolkit=11.3]", "no package that PyPI has"],
    ["a choice of versions", 'dependencies: ["six=1.1|1.2"]', "a choice that pip has no words for"],
    ["a range of Pythons", "dependencies: [python<3.10]", "no one version of Python"],
    ["an option", "dependencies: [--help]", "no package with a version"],
    ["shell syntax", 'dependencies: ["six; rm -rf x"]', "no package with a version"],
    ["a key that nobody knows", "dependancies: []", "no key `dependancies`"],
    ["a map that is not pip's", "dependencies: [{conda: [a]}]", "not that of `pip`"],
    ["dependencies that are a text", "dependencies: six", "is no list"],
    ["a requirement with a line end", 'dependencies: [{pip: ["a\\nb"]}]', "holds what is no text"],
  ] as const
) {
  Deno.test(`a conda.yaml is refused for ${name}`, () => {
    assert.throws(() => read(`${text}\n`), (error) => {
      assert.ok(error instanceof SluiceError && error.failure.code === "PROJECT_FILE_INVALID");
      assert.ok(error.failure.message.includes(message), error.failure.message);
      return true;
    });
  });
}
