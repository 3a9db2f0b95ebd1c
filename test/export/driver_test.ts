import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { type ParameterSpec, parseParameter } from "../../src/core/parameter.ts";
import { pythonPattern } from "../../src/mlproject/python_pattern.ts";
import { valuesScript } from "../../src/mlproject/values_script.ts";
import { realTest } from "../real_part.ts";
import { runSluice, workingFolder } from "../run/run_project.ts";
import { exportedCases } from "./constructs.ts";

const bound = fc.option(fc.integer({ min: -20, max: 20 }), { nil: undefined });
const specs: fc.Arbitrary<ParameterSpec> = fc.oneof(
  fc.record({ type: fc.constant("float" as const), min: bound, exclusiveMax: bound }),
  fc.record({ type: fc.constant("float" as const), exclusiveMin: bound, max: bound }),
  fc.record({ type: fc.constant("int" as const), min: bound, max: bound }),
  fc.constant({ type: "boolean" as const }),
  fc.constant({ type: "choice" as const, choices: ["no", "0x10", "ü"] }),
  fc.record({
    type: fc.constant("string" as const),
    minLength: fc.option(fc.nat(3), { nil: undefined }),
    pattern: fc.option(fc.constantFrom("^[a-z]+$", "\\d{2}", "a.c", "^(?:x|y)*$", "[^$.]"), {
      nil: undefined,
    }),
  }),
  fc.constant({ type: "uri" as const }),
);
const words = fc.oneof(
  fc.integer({ min: -30, max: 30 }).map(String),
  fc.double().map(String),
  fc.double({ min: -25, max: 25 }).map(String),
  fc.constantFrom(
    "true",
    "false",
    "True",
    "no",
    "0x10",
    "1e3",
    "1E-7",
    "-0",
    "8.0",
    ".5",
    "5.",
    "",
    "nan",
    "inf",
  ),
  fc.constantFrom(
    "1_000",
    "١",
    " 1",
    "1 ",
    "9007199254740993",
    "1e999",
    "1e21",
    "123456789012345680000",
    "ü",
  ),
  fc.constantFrom("abc", "abc\n", "a\nc", "a\rc", "12", "xyx", "$", "\u2028"),
  fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
);

const program = `
import json, sys
sys.path.insert(0, sys.argv[1])
import parameter_values as values
def value(spec, text):
    try:
        return values.text_of(values.check(spec, "x", values.parse(spec, "x", text)))
    except values.Refused:
        return None
print(json.dumps([value(spec, text) for spec, text in json.load(sys.stdin)]))
`;

realTest(["python"], "the driver takes and writes the values of parameters as sluice does", async () => {
  await using root = await workingFolder();
  await Deno.writeTextFile(join(root.path, "parameter_values.py"), valuesScript);
  const asked = fc.sample(fc.tuple(specs, words), 20_000);
  const answers = await python(
    ["-c", program, root.path],
    JSON.stringify(asked.map(([spec, text]) => [
      spec.type === "string" && spec.pattern !== undefined
        ? { ...spec, pythonPattern: pythonPattern(spec.pattern) }
        : spec,
      text,
    ])),
  );
  strictEqual(answers.code, 0, answers.stderr);
  const wanted = asked.map(([spec, text]) => {
    const parsed = parseParameter(spec, text, {});
    return parsed.ok ? String(parsed.value) : null;
  });
  const found: readonly (string | null)[] = JSON.parse(answers.stdout);
  const wrong = asked.map((one, index) => ({ one, wanted: wanted[index], found: found[index] }))
    .filter((one) => one.wanted !== one.found);
  deepStrictEqual(wrong.slice(0, 5), []);
});

const refusals: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [
    ["all", "--f", "1"],
    /Cannot set f to 1 as it must be float above 0 and below 1|Cannot set f to 1 as it must be/,
  ],
  [["all", "--i", "8.0"], /Cannot set i to 8\.0 as it must be int/],
  [["all", "--c", "maybe"], /one of: no, 0x10/],
  [["all", "--b", "True"], /Cannot set b to True/],
  [["all", "--s", ""], /Cannot set s to an empty text/],
  [["all", "--nothing", "1"], /has no parameter of that name/],
  [["all", "--f"], /arguments are --NAME VALUE/],
  [["none"], /there is none of that name: main, all/],
];

realTest(
  ["python"],
  "an exported project runs without MLflow, and refuses values before any step",
  async () => {
    await using root = await workingFolder();
    const { files } = exportedCases.find(({ name }) => name === "parameters of each type")!;
    for (const [name, text] of Object.entries(files)) {
      const path = join(root.path, "pipeline", name);
      await Deno.mkdir(join(path, ".."), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    const exported = await runSluice(["export", "pipeline", "-o", "project", "--json"], root.path);
    strictEqual(exported.code, 0, exported.stderr);
    deepStrictEqual(JSON.parse(exported.stdout).unsaid, []);
    const driver = join(root.path, "project", "run_pipeline.py");
    for (const [args, says] of refusals) {
      const { code, stderr } = await python([driver, ...args]);
      strictEqual(code, 2, stderr);
      match(stderr, says);
    }
    const ran = await python([driver, "all", "--f", "0.5"]);
    strictEqual(ran.code, 0, ran.stderr);
    const back = await runSluice(
      ["run", "project", "-e", "all", "-P", "f=0.5", "--env-manager", "local"],
      root.path,
    );
    strictEqual(back.code, 0, back.stderr);
    // The bounds that MLproject can hold are those that are read back.
    const low = await runSluice(
      ["run", "project", "-e", "all", "-P", "i=10", "--env-manager", "local"],
      root.path,
    );
    strictEqual(low.code, 2, low.stderr);
    match(low.stderr, /PARAM_OUT_OF_RANGE/);
  },
);

async function python(args: readonly string[], stdin = "") {
  const child = new Deno.Command("python3", {
    args: [...args],
    env: { PYTHONIOENCODING: "utf-8", PYTHONDONTWRITEBYTECODE: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}
