import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import type { KindSpec } from "../core/kind.ts";
import { compareOutputs, differenceText } from "./compare_outputs.ts";

type Content = string | Uint8Array | { readonly [path: string]: Content };

async function write(path: string, content: Content): Promise<void> {
  if (typeof content === "string") await Deno.writeTextFile(path, content);
  else if (content instanceof Uint8Array) await Deno.writeFile(path, content);
  else {
    await Deno.mkdir(path, { recursive: true });
    for (const [name, below] of Object.entries(content)) {
      await Deno.mkdir(dirname(join(path, name)), { recursive: true });
      await write(join(path, name), below);
    }
  }
}

/** `same`, `same: what is allowed`, `missing in …`, or the text of the first difference. */
async function compare(
  before: Content | undefined,
  after: Content | undefined,
  kind: KindSpec = { kind: "file" },
  tolerance?: number,
  change?: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-comparison-" });
  try {
    if (before !== undefined) await write(join(folder, "before"), before);
    if (after !== undefined) await write(join(folder, "after"), after);
    await change?.(folder);
    const options = tolerance === undefined ? {} : { tolerance };
    const compared = await compareOutputs(join(folder, "before"), join(folder, "after"), kind, options);
    switch (compared.is) {
      case "same":
        return ["same", ...compared.allowed].join(": ");
      case "missing":
        return `missing in ${compared.in}`;
      case "different":
        return differenceText(compared.first) + (compared.files > 1 ? ` (+${compared.files - 1})` : "");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const file = (format: string): KindSpec => ({ kind: "file", format });
const csv: KindSpec = { kind: "dataset", format: "csv", columns: {} };
const jsonl: KindSpec = { kind: "dataset", format: "jsonl", columns: {} };
const model: KindSpec = { kind: "model", flavors: [] };

const pad = "x".repeat(300_000);
const mlmodel = (run: string, more = "") =>
  `flavors:\n  sklearn:\n    code: null${more}\nmodel_uuid: ${run}\nrun_id: ${run}\nutc_time_created: '${run}'\n`;

for (
  const [name, before, after, kind, said] of [
    ["files of the same bytes are the same", "a\n", "a\n", file("txt"), "same"],
    ["an output that is not there is missing", "a", undefined, file("txt"), "missing in after"],
    ["one that was not there is missing as well", undefined, "a", file("txt"), "missing in before"],
    [
      "text says byte, line and column",
      "one\ntwo\n",
      "one\ntoo\n",
      file("txt"),
      'byte 5 (line 2, column 2): "two" -> "too"',
    ],
    [
      "text that goes on says so",
      "one",
      "one\ntwo",
      file("txt"),
      'byte 3 (line 1, column 4): "one" -> "one" (it was shorter)',
    ],
    [
      "bytes are shown as hexadecimal",
      new Uint8Array([0, 1, 2]),
      new Uint8Array([0, 1, 3]),
      file("bin"),
      "byte 2: 0x02 -> 0x03",
    ],
    [
      "a cut off file says where it ends",
      new Uint8Array([0, 1, 2]),
      new Uint8Array([0, 1]),
      file("bin"),
      "byte 2: 0x02 -> nothing",
    ],
    ["a late byte is found, its line is shortened", `${pad}1${pad}`, `${pad}2${pad}`, file("txt"), undefined],

    [
      "a cell is named by row and column",
      "a,b\n1,2\n3,4\n",
      "a,b\n1,2\n3,5\n",
      csv,
      'row 2, column "b": 4 -> 5',
    ],
    ["text in a cell is quoted", 'a\n"x,y"\n', "a\nz\n", csv, 'row 1, column "a": "x,y" -> "z"'],
    ["a cell may hold line ends", 'a,b\n"x\ny",1\n', 'a,b\n"x\ny",2\n', csv, 'row 1, column "b": 1 -> 2'],
    [
      "the same columns in another order are said",
      "a,b\n1,2\n",
      "b,a\n2,1\n",
      csv,
      'columns: the same in another order: "a", "b" -> "b", "a"',
    ],
    ["other columns are said", "a,b\n1,2\n", "a,c\n1,2\n", csv, 'columns: without "b", with "c"'],
    [
      "a row more is said with both counts",
      "a\n1\n",
      "a\n1\n2\n3\n",
      csv,
      "row 2: 1 rows -> 3 rows, the same as far as both go",
    ],
    ["a row less is, too", "a\n1\n2\n", "a\n1\n", csv, "row 2: 2 rows -> 1 rows, the same as far as both go"],
    ["a row of more cells is", "a,b\n1,2\n", "a,b\n1,2,3\n", csv, "row 1: 2 cells -> 3 cells"],
    [
      "a number spelled otherwise is told by its byte",
      "a\n1.0\n",
      "a\n1.00\n",
      csv,
      'byte 5 (line 2, column 4): "1.0" -> "1.00" (every value in it is the same)',
    ],
    [
      "long integers are exact",
      "a\n9007199254740993\n",
      "a\n9007199254740992\n",
      csv,
      'row 1, column "a": 9007199254740993 -> 9007199254740992',
    ],
    ["a csv without an end is read to its end", 'a\n"x', 'a\n"y', csv, 'row 1, column "a": "x" -> "y"'],
    ["an empty csv is one", "", "a\n", csv, 'columns: with "a"'],

    [
      "a member of a row is named as column",
      '{"a":1}\n{"a":2}\n',
      '{"a":1}\n{"a":3}\n',
      jsonl,
      'row 2, column "a": 2 -> 3',
    ],
    [
      "what lies deeper is, too",
      '{"a":{"b":[1,2]}}\n',
      '{"a":{"b":[1,3]}}\n',
      jsonl,
      'row 1, column "a", b[1]: 2 -> 3',
    ],
    [
      "columns of jsonl in another order are said",
      '{"a":1,"b":2}\n',
      '{"b":2,"a":1}\n',
      jsonl,
      'row 1: columns in another order: "a", "b" -> "b", "a"',
    ],
    [
      "a column that is gone is named",
      '{"a":1,"b":2}\n',
      '{"a":1}\n',
      jsonl,
      'row 1, column "b": 2 -> nothing',
    ],
    [
      "a line that is no JSON is shown",
      '{"a":1}\n',
      "{oh\n",
      jsonl,
      'row 1: "{\\"a\\":1}" -> "{oh" (not JSON)',
    ],

    [
      "a member of json is named by its path",
      '{"folds":[{"rmse":1}]}',
      '{"folds":[{"rmse":2}]}',
      file("json"),
      "folds[0].rmse: 1 -> 2",
    ],
    ["an odd name of a member is quoted", '{"a b":1}', '{"a b":2}', file("json"), '["a b"]: 1 -> 2'],
    ["another type is shown", '{"a":1}', '{"a":"1"}', file("json"), 'a: 1 -> "1"'],
    ["a json list that is longer says what is new", "[1]", "[1,2]", file("json"), "[1]: nothing -> 2"],
    [
      "json with other spaces is told by its byte",
      '{"a":1}',
      '{"a": 1}',
      file("json"),
      'byte 5 (line 1, column 6): "{\\"a\\":1}" -> "{\\"a\\": 1}" (every value in it is the same)',
    ],
    [
      "json that is none is told by its byte",
      "{",
      "[",
      file("json"),
      'byte 0 (line 1, column 1): "{" -> "[" (by bytes, as it is not of its format)',
    ],
    ["a member of yaml is named", "a:\n  b: 1\n", "a:\n  b: 2\n", file("yaml"), "a.b: 1 -> 2"],
    [
      "yaml that is an endless value is told by its byte",
      "a: &a [1]\nb: [*a, *a]\n",
      "a: &a [2]\nb: [*a, *a]\n",
      file("yaml"),
      'byte 7 (line 1, column 8): "a: &a [1]" -> "a: &a [2]" (by bytes, as it is not of its format)',
    ],
    [
      "json that is deeper than a stack is read",
      "[".repeat(50_000) + "1" + "]".repeat(50_000),
      "[".repeat(50_000) + "2" + "]".repeat(50_000),
      file("json"),
      undefined,
    ],

    [
      "a folder says which file",
      { "a.txt": "1", "b/c.csv": "x\n1\n" },
      { "a.txt": "1", "b/c.csv": "x\n2\n" },
      file(""),
      'b/c.csv: row 1, column "x": 1 -> 2',
    ],
    [
      "a folder counts its files that differ",
      { a: "1", b: "1" },
      { a: "2", b: "2" },
      file(""),
      'a: byte 0 (line 1, column 1): "1" -> "2" (+1)',
    ],
    ["a file that is gone is named", { a: "1", b: "1" }, { a: "1" }, file(""), "b: it is gone"],
    ["a file that is new is named", { a: "1" }, { a: "1", b: "1" }, file(""), "b: it is new"],
    ["a file that became a folder is said", "1", { a: "1" }, file(""), "it is no file any more (+1)"],
    ["an empty folder does not count", { a: "1", b: {} }, { a: "1" }, file(""), "same"],

    [
      "what each run writes into a model does not count, and is named",
      { MLmodel: mlmodel("1") },
      { MLmodel: mlmodel("2") },
      model,
      "same: MLmodel: written anew by each run: model_uuid, run_id, utc_time_created",
    ],
    [
      "all else in a model counts",
      { MLmodel: mlmodel("1") },
      { MLmodel: mlmodel("2", "\n    x: 1") },
      model,
      "MLmodel: flavors.sklearn.x: nothing -> 1",
    ],
  ] as const
) {
  Deno.test(`compareOutputs(): ${name}`, async () => {
    const text = await compare(before, after, kind);
    if (said !== undefined) assert.equal(text, said);
    else assert.ok(text.length < 400 && / -> /.test(text), text);
  });
}

for (
  const [name, before, after, kind, said] of [
    [
      "csv within it is the same",
      "a,b\n1,2\n",
      "a,b\n1,2.0000002\n",
      csv,
      'same: same within 0.000001, largest difference 1e-7 in column "b"',
    ],
    ["csv beyond it is not", "a,b\n1,2\n", "a,b\n1,2.1\n", csv, 'row 1, column "b": 2 -> 2.1'],
    ["text in csv is not a number", "a\nx1\n", "a\nx2\n", csv, 'row 1, column "a": "x1" -> "x2"'],
    [
      "numbers spelled otherwise are the same",
      "a\n1.0\n",
      "a\n1.00\n",
      csv,
      "same: the same values, spelled otherwise",
    ],
    [
      "NaN is NaN, and infinities are themselves",
      "a\nNaN\ninf\n",
      "a\nnan\nInfinity\n",
      csv,
      "same: the same values, spelled otherwise",
    ],
    ["an infinity is near to nothing", "a\ninf\n", "a\n1e308\n", csv, 'row 1, column "a": "inf" -> 1e308'],
    ["an empty cell is no zero", "a,b\n1,\n", "a,b\n1,0\n", csv, 'row 1, column "b": "" -> 0'],
    ["-0 is 0", "a\n-0\n", "a\n0\n", csv, "same: the same values, spelled otherwise"],
    [
      "large numbers are held to it by their size",
      "a\n1000000\n",
      "a\n1000000.5\n",
      csv,
      'same: same within 0.000001, largest difference 5e-7 in column "a"',
    ],
    [
      "jsonl within it is the same",
      '{"a":0.1}\n',
      '{"a":0.10000001}\n',
      jsonl,
      'same: same within 0.000001, largest difference 1e-8 in column "a"',
    ],
    [
      "json within it is the same",
      '{"a":[0.1]}',
      '{"a": [0.10000001]}',
      file("json"),
      "same: same within 0.000001, largest difference 1e-8 in a[0]",
    ],
    [
      "other bytes are held to be the same bytes",
      "0.1",
      "0.10000001",
      file("txt"),
      'byte 3 (line 1, column 4): "0.1" -> "0.10000001" (it was shorter)',
    ],
  ] as const
) {
  Deno.test(`compareOutputs() with a tolerance: ${name}`, async () => {
    assert.equal(await compare(before, after, kind, 1e-6), said);
  });
}

Deno.test("compareOutputs() says that a file became a program", async () => {
  const said = await compare(
    { "run.sh": "x" },
    { "run.sh": "x" },
    file(""),
    undefined,
    (folder) => Deno.chmod(join(folder, "after", "run.sh"), 0o755),
  );
  assert.equal(said, "run.sh: it is a program now");
});

Deno.test("compareOutputs() follows no link, at no place", async () => {
  const said = await compare({ a: "1", b: "2" }, { a: "1" }, file(""), undefined, async (folder) => {
    await Deno.writeTextFile(join(folder, "secret"), "2");
    await Deno.symlink(join(folder, "secret"), join(folder, "after", "b"));
  });
  assert.equal(said, "b: it is neither a file nor a folder, and is not read");
  const root = await compare("1", undefined, file(""), undefined, async (folder) => {
    await Deno.symlink(join(folder, "before"), join(folder, "after"));
  });
  assert.equal(root, "it is neither a file nor a folder, and is not read");
});

Deno.test("compareOutputs() compares a csv row of 40 MB by its bytes", async () => {
  const long = "x".repeat(40_000_000);
  assert.match(await compare(`a\n${long}1`, `a\n${long}2`, csv), /^byte 40000002 .*too long\)$/);
});
