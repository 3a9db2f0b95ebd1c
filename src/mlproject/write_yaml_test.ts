import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { yamlLookalike } from "../../test/yaml_lookalikes.ts";
import { readProjectYaml } from "./read_project_yaml.ts";
import { writeScalar, writeYaml, type WrittenYaml } from "./write_yaml.ts";
import type { YamlValue } from "./yaml_value.ts";

const asTyped: readonly (readonly [string, string])[] = [
  ["train", "train"],
  ["numpy==2.1.0", "numpy==2.1.0"],
  ["no", '"no"'],
  ["1e3", "1e3"],
  ["1.0e+3", '"1.0e+3"'],
  ["0x10", '"0x10"'],
  ["~", '"~"'],
  ["010", '"010"'],
  ["1:30", '"1:30"'],
  ["2024-01-31", '"2024-01-31"'],
  ["", '""'],
  ["a: b", '"a: b"'],
  ["- x", '"- x"'],
  ['say "x"\n', '"say \\"x\\"\\n"'],
  ["größe", "größe"],
  ["a\u2028b", '"a\\u2028b"'],
];
for (const [text, written] of asTyped) {
  Deno.test(`writeScalar() writes ${JSON.stringify(text)} as ${written}`, () => {
    strictEqual(writeScalar(text), written);
    strictEqual(read(`k: ${written}`), JSON.stringify({ k: text }));
  });
}

const values = fc.letrec<{ value: WrittenYaml }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    yamlLookalike,
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value === 0 ? 0 : value),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(yamlLookalike, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

Deno.test("writeYaml() writes what reads back as the same value", () => {
  fc.assert(
    fc.property(
      fc.dictionary(yamlLookalike, values, { maxKeys: 5, minKeys: 1, noNullPrototype: true }),
      (value) => {
        deepStrictEqual(JSON.parse(read(writeYaml(value))), JSON.parse(JSON.stringify(value)));
      },
    ),
    { numRuns: 2000 },
  );
});

const read = (text: string): string => JSON.stringify(plain(readProjectYaml(text, "MLproject")));

function plain(value: YamlValue): unknown {
  switch (value.is) {
    case "map":
      return Object.fromEntries(value.entries.map(({ key, value }) => [key.text, plain(value)]));
    case "list":
      return value.items.map(plain);
    case "integer":
    case "float":
      return Number(value.text);
    default:
      return value.text;
  }
}
