import assert from "node:assert/strict";
import { floatText, resolvePlain, resolveTagged } from "./yaml_scalar.ts";

/** As Python's `str(yaml.safe_load(source))` says; `test/mlproject/pyyaml_test.ts` asks PyYAML itself. */
const plain: readonly (readonly [source: string, is: string, text: string])[] = [
  ["", "null", "None"],
  ["~", "null", "None"],
  ["null", "null", "None"],
  ["nuLL", "text", "nuLL"],
  ["yes", "boolean", "True"],
  ["on", "boolean", "True"],
  ["y", "text", "y"],
  ["No", "boolean", "False"],
  ["nO", "text", "nO"],
  ["010", "integer", "8"],
  ["08", "text", "08"],
  ["0x1F", "integer", "31"],
  ["0o7", "text", "0o7"],
  ["-0b101", "integer", "-5"],
  ["1_000", "integer", "1000"],
  ["1:30", "integer", "90"],
  ["190:20:30", "integer", "685230"],
  ["12345678901234567890", "integer", "12345678901234567890"],
  ["1e3", "text", "1e3"],
  ["1.0e+3", "float", "1000.0"],
  ["1.e-5", "float", "1e-05"],
  [".5", "float", "0.5"],
  ["1.", "float", "1.0"],
  ["1:30.5", "float", "90.5"],
  ["-.inf", "float", "-inf"],
  [".nan", "float", "nan"],
  ["2020-01-02", "time", "2020-01-02"],
  ["2020-1-2 3:04:05.5Z", "time", "2020-01-02 03:04:05.500000+00:00"],
  ["2001-12-14t21:59:43.10-05:00", "time", "2001-12-14 21:59:43.100000-05:00"],
  ["1.2.3", "text", "1.2.3"],
];

Deno.test("plain scalars are what PyYAML makes of them", () => {
  for (const [source, is, text] of plain) assert.deepEqual(resolvePlain(source), { is, text }, source);
});

Deno.test("a date that the calendar has not is no value", () => {
  for (const source of ["0x_", "-0b__", "2020-13-01", "2021-02-29", "2020-01-01 25:00:00"]) {
    assert.equal(resolvePlain(source), undefined, source);
  }
});

Deno.test("a tag of YAML's own is followed, and any other refused", () => {
  assert.deepEqual(resolveTagged("tag:yaml.org,2002:str", "1"), { is: "text", text: "1" });
  assert.deepEqual(resolveTagged("tag:yaml.org,2002:float", "3"), { is: "float", text: "3.0" });
  assert.equal(resolveTagged("tag:yaml.org,2002:int", "a"), undefined);
  assert.equal(resolveTagged("tag:yaml.org,2002:python/object/apply:os.system", "id"), undefined);
  assert.equal(resolveTagged("!ours", "1"), undefined);
});

Deno.test("floats are written as Python writes them", () => {
  for (
    const [value, text] of [
      [1, "1.0"],
      [0.1, "0.1"],
      [1e-4, "0.0001"],
      [1e-5, "1e-05"],
      [1e15, "1000000000000000.0"],
      [1e16, "1e+16"],
      [1.5e300, "1.5e+300"],
      [-0, "-0.0"],
      [123456789.125, "123456789.125"],
    ] as const
  ) {
    assert.equal(floatText(value), text);
  }
});
