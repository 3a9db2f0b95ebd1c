import assert from "node:assert/strict";
import fc from "fast-check";
import { type Hole, holeOf, readModule } from "./read_module.ts";
import { projectModule } from "../../src/mlproject/project_module.ts";
import { writePipelineModule } from "../../src/mlproject/write_pipeline_module.ts";
import { readMlproject } from "../../src/mlproject/read_mlproject.ts";
import { splitWords } from "../../src/mlproject/split_words.ts";
import { hostileText } from "./hostile_text.ts";

const beside = { hasPythonEnv: false, hasCondaEnv: false };

/** What the module of an MLproject holds. */
function moduleOf(text: string) {
  const project = readMlproject(text, "MLproject", beside);
  return readModule(writePipelineModule(projectModule(project, { folderName: "folder", text })));
}
const main = (command: string, parameters: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({ entry_points: { main: { command, parameters } } });

const hole = (name: string): Hole => holeOf("params", name);
const commands: readonly (readonly [command: string, words: readonly unknown[]])[] = [
  ["python train.py --alpha {a} {b}", ["python", "train.py", "--alpha", hole("a"), hole("b")]],
  ["python 'a b.py' --out={a}.csv", ["python", "a b.py", ["--out=", hole("a"), ".csv"]]],
  ["python x.py '{a}'", ["python", "x.py", hole("a")]],
  ["printf '{{%s}}' {a}", ["printf", "{%s}", hole("a")]],
  ["echo {a} > out", ["bash", "-c", 'echo "$1" > out', "bash", hole("a")]],
  ["echo {b} {a} {b} | cat", ["bash", "-c", 'echo "$1" "$2" "$1" | cat', "bash", hole("b"), hole("a")]],
  ['echo "x {a}1" | cat', ["bash", "-c", 'echo "x ${1}1" | cat', "bash", hole("a")]],
  ["echo 'x {a}' | cat", ["bash", "-c", "echo 'x '\"$1\"'' | cat", "bash", hole("a")]],
  ["echo '{a}' | cat", ["bash", "-c", 'echo "$1" | cat', "bash", hole("a")]],
  ['echo "$(cat {a})"', ["bash", "-c", 'echo "$(cat "$1")"', "bash", hole("a")]],
  ["A=1 env", ["bash", "-c", "A=1 env"]],
  ["true\nfalse", ["bash", "-c", "true\nfalse"]],
  ["echo $HOME", ["bash", "-c", "echo $HOME"]],
  ["echo `id` \\ ${{HOME}} {a}", ["bash", "-c", 'echo `id` \\ ${HOME} "$1"', "bash", hole("a")]],
  ["", ["bash", "-c", ""]],
];
for (const [command, words] of commands) {
  Deno.test(`the command \`${command.replaceAll("\n", "\\n")}\` becomes arguments`, () => {
    const { steps } = moduleOf(main(command, { a: "string", b: "string" }));
    assert.deepEqual(steps[0]!.words, words);
  });
}

const parameters: readonly (readonly [asked: unknown, schema: string])[] = [
  ["string", "string()"],
  [{ type: "float", default: 0.5, minimum: 0, maximum: 1 }, "float().min(0).max(1).default(0.5)"],
  [{ type: "float", default: "much" }, 'string().default("much")'],
  [{ type: "float", default: "1e999" }, 'string().default("1e999")'],
  [{ type: "int", default: 32, minimum: 7.5, maximum: 256 }, "int().min(8).max(256).default(32)"],
  [{ type: "int", default: 0.5 }, "float().default(0.5)"],
  [{ type: "int", default: 300, maximum: 256 }, "int().max(256)"],
  [{ type: "boolean", default: true }, 'choice("True","False").default("True")'],
  [{ type: "boolean" }, 'choice("true","false")'],
  [{ choices: ["a", "b"], default: "b" }, 'choice("a","b").default("b")'],
  [{ choices: ["a", "b"], default: "c" }, 'choice("a","b")'],
  [{ type: "path", default: "data.csv" }, 'path().default("data.csv")'],
  [{ type: "path", default: "" }, 'string().default("")'],
  [{ type: "path", default: "s3://bucket/x" }, 'uri().default("s3://bucket/x")'],
  [{ type: "uri", default: "s3://bucket/x" }, 'uri().default("s3://bucket/x")'],
  [{ default: "x", description: "What */ it is" }, 'string().default("x").describe("What */ it is")'],
];
for (const [asked, schema] of parameters) {
  Deno.test(`the parameter ${JSON.stringify(asked)} becomes ${schema}`, () => {
    assert.equal(moduleOf(main("true", { x: asked })).steps[0]!.params["x"], schema);
  });
}

const braces = (text: string) => text.replace(/[{}]/g, "$&$&");

Deno.test("whatever a project's texts hold, they are texts in the module", () => {
  const asked = fc.record({
    name: hostileText,
    entryPoint: hostileText.filter((name) => !/[/\n]/.test(name)),
    command: hostileText,
    parameter: hostileText,
    standard: hostileText,
    description: hostileText,
    choices: fc.uniqueArray(hostileText, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(asked, ({ name, entryPoint, command, parameter, standard, description, choices }) => {
      const place = { file: "MLproject", line: 1, column: 1 };
      const text = `${name}\n${command}`;
      const project = {
        file: "MLproject",
        name,
        environment: { is: "python" as const },
        entryPoints: [{
          name: entryPoint,
          command: braces(command),
          description,
          parameters: [
            { name: parameter, type: "string" as const, default: standard, description, place },
            ...(choices.length === 0
              ? []
              : [{ name: `${parameter}2`, type: "string" as const, choices, description, place }]),
          ],
          needs: [],
          place,
        }],
      };
      const pythonEnv = { requirements: [name.trim() === "" ? "x" : name.replace(/[\r\n]/g, "x")] };
      const written = writePipelineModule(projectModule(project, { folderName: "x", text, pythonEnv }));
      const read = readModule(written);
      const [step] = read.steps;
      assert.equal(read.steps.length, 1);
      assert.equal(step!.description, description);
      assert.deepEqual(step!.words, splitWords(command) ?? ["bash", "-c", command]);
      const schemas = Object.values(step!.params);
      const shown = `.describe(${JSON.stringify(description)})`;
      assert.equal(schemas[0], `string().default(${JSON.stringify(standard)})${shown}`);
      if (choices.length > 0) {
        assert.equal(schemas[1], `choice(${JSON.stringify(choices).slice(1, -1)})${shown}`);
      }
      assert.deepEqual(read.environment, ["python", pythonEnv]);
      // Nothing turns the direction of writing, and no comment ends before its line does.
      assert.doesNotMatch(written, /[\u202a-\u202e\u2066-\u2069\u2028\u2029\r\0]/);
    }),
    { numRuns: 3000 },
  );
});

const refused: readonly (readonly [what: string, text: string, says: RegExp])[] = [
  [
    "depends on itself",
    "entry_points:\n  a: {command: x, depends_on: [b]}\n  b: {command: x, depends_on: [a]}\n",
    /depends on itself: `a` depends on `b` depends on `a`/,
  ],
  [
    "has no command",
    "entry_points: {a: {parameters: {}}}",
    /entry point "a" cannot be run: it has no command/,
  ],
  ["has a brace alone", "entry_points: {a: {command: 'x {'}}", /a `\{` stands alone/],
  [
    "has an image without a name",
    "docker_env: {image: a b}\nentry_points: {a: {command: x}}",
    /`a b` is no name of an image/,
  ],
  ["has no entry points", "name: x\n", /has no entry points/],
  ["names what is not there", "entry_points: {a: {command: x, depends_on: [b]}}", /"b", which is not there/],
];
for (const [what, text, says] of refused) {
  Deno.test(`a project that ${what} is refused`, () => {
    assert.throws(() => moduleOf(text), (error: Error) => says.test(error.message));
  });
}
