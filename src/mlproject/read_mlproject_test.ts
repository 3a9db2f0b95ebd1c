import assert from "node:assert/strict";
import { SluiceError } from "../core/error.ts";
import { readMlproject } from "./read_mlproject.ts";

const alone = { hasPythonEnv: false, hasCondaEnv: false };
const read = (text: string, beside = alone) => readMlproject(text, "MLproject", beside);

function refusal(text: string): { readonly message: string; readonly at: string; readonly hint: string } {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const { code, message, at, hint = "" } = error.failure;
    assert.equal(code, "PROJECT_FILE_INVALID");
    return { message, at: `${at?.line}:${at?.column}`, hint };
  }
  throw new Error("it is read");
}

Deno.test("an MLproject is read with its names, types and defaults in the order of the file", () => {
  const project = read(`name: wine
entry_points:
  train:
    parameters:
      alpha: {type: float, default: 0.5}
      data: path
      depth: {type: integer, minimum: 1, maximum: 8}
      kind: {choices: [a, b]}
      on: {type: bool, default: yes}
    command: "python train.py {alpha}"
    depends_on: [prepare]
  prepare:
    command: "true"
`);
  assert.equal(project.name, "wine");
  assert.deepEqual(project.entryPoints.map(({ name, needs }) => [name, needs]), [["train", ["prepare"]], [
    "prepare",
    [],
  ]]);
  const [train] = project.entryPoints;
  assert.equal(train!.command, "python train.py {alpha}");
  assert.deepEqual(train!.parameters.map(({ place: _, ...parameter }) => parameter), [
    { name: "alpha", type: "float", default: "0.5" },
    { name: "data", type: "path" },
    { name: "depth", type: "int", minimum: 1, maximum: 8 },
    { name: "kind", type: "string", choices: ["a", "b"] },
    // YAML's own: the key \`on\` is true.
    { name: "True", type: "boolean", default: "True" },
  ]);
  assert.deepEqual(train!.parameters[1]!.place, {
    file: "MLproject",
    line: 6,
    column: 7,
    within: ['entry point "train"', 'parameter "data"'],
  });
});

Deno.test("the environment is what the file names, else what lies beside it", () => {
  const text = "entry_points: {main: {command: 'true'}}\n";
  const beside = { hasPythonEnv: true, hasCondaEnv: true };
  for (
    const [line, files, expected] of [
      ["", alone, { is: "python" }],
      ["", beside, { is: "python", file: "python_env.yaml" }],
      ["", { hasPythonEnv: false, hasCondaEnv: true }, { is: "conda", file: "conda.yaml" }],
      ["conda_env: a/b.yaml\n", beside, { is: "conda", file: "a/b.yaml" }],
      ["python_env: p.yaml\n", alone, { is: "python", file: "p.yaml" }],
      ["conda_env:\n", beside, { is: "python", file: "python_env.yaml" }],
      ["docker_env: {image: a, volumes: [/x:/y], environment: [A, [B, 1]]}\n", beside, {
        is: "docker",
        image: "a",
        volumes: ["/x:/y"],
        environment: ["A", ["B", "1"]],
      }],
    ] as const
  ) {
    assert.deepEqual(read(text + line, files).environment, expected, line);
  }
});

Deno.test("a key that nobody knows is refused where it stands, with the nearest that is known", () => {
  for (
    const [text, at, hint] of [
      ["entrypoints: {}\n", "1:1", "Did you mean `entry_points`?"],
      ["entry_points:\n  main:\n    comand: a\n", "3:5", "Did you mean `command`?"],
      ["entry_points:\n  main:\n    parameters:\n      a: {tpye: float}\n", "4:11", "Did you mean `type`?"],
      ["docker_env:\n  imgae: a\n", "2:3", "Did you mean `image`?"],
    ] as const
  ) {
    const found = refusal(text);
    assert.equal(found.at, at, text);
    assert.ok(found.hint.startsWith(hint), found.hint);
  }
});

const bomb = `a: &a [x, x, x, x, x, x, x, x, x, x]\n${
  "bcdefg".split("").map((name, index) => `${name}: &${name} [${`*${"abcdef"[index]}, `.repeat(10)}]`).join(
    "\n",
  )
}\n`;

for (
  const [name, text, message] of [
    ["an empty file", "", "is no map but empty"],
    ["a list", "- a\n", "is no map but a list"],
    ["broken YAML", "entry_points: [", "it is no YAML"],
    ["a tab", "entry_points:\n\tmain: {}\n", "tabs are not allowed"],
    ["a key twice", "name: a\nname: b\n", "the key `name` stands twice"],
    ["a second document", "name: a\n---\nname: b\n", "more than one document"],
    ["a tag that stands for code", "name: !!python/object/apply:os.system [id]\n", "stands for code"],
    ["a tag on a text", "name: !ours a\n", "is no value of its tag"],
    ["an alias within what it stands for", "name: &a [*a]\n", "an alias stands within"],
    ["aliases that stand for billions", bomb, "stand for too much"],
    ["an alias of nothing", "name: *a\n", "nothing is named `&a` before"],
    ["what is nested very deeply", `name: ${"[".repeat(500)}${"]".repeat(500)}\n`, "nested more than"],
    ["256 KiB and more", `name: ${"a".repeat(1 << 20)}\n`, "larger than 256 KiB"],
    ["two environments", "conda_env: a\npython_env: b\n", "it names two environments"],
    ["an environment that is a number", "conda_env: 5\n", "is no text but the integer `5`"],
    ["docker without an image", "docker_env: {volumes: []}\n", "names no image"],
    ["a name with a line end", 'name: "a\\nb"\n', "line end"],
    ["an entry point with a slash", "entry_points: {a/b: {command: c}}\n", "a slash"],
    ["an entry point with a zero byte", 'entry_points: {"a\\0b": {command: c}}\n', "zero byte"],
    ["entry points that are a list", "entry_points: [a]\n", "is no map but a list"],
    ["an entry point that is a text", "entry_points: {a: b}\n", "is no map but the text `b`"],
    ["a command that is a list", "entry_points: {a: {command: [b]}}\n", "is no text but a list"],
    ["a parameter that is empty", "entry_points: {a: {parameters: {b: }}}\n", "neither a type nor a map"],
    ["a bound that is a text", "entry_points: {a: {parameters: {b: {minimum: x}}}}\n", "is no number"],
    ["a need that is not there", "entry_points: {a: {command: c, depends_on: [b]}}\n", 'depends on "b"'],
  ] as const
) {
  Deno.test(`an MLproject is refused for ${name}`, () => {
    const found = refusal(text);
    assert.ok(found.message.includes(message), found.message);
    assert.ok(found.message.length < 400);
  });
}
