/** Files as pyarrow and numpy write them, told apart. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compareOutputs, differenceText } from "../../src/comparison/compare_outputs.ts";
import { realTest } from "../real_part.ts";
import { workingFolder } from "../run/run_project.ts";
import { runPython } from "./mlflow.ts";

async function compare(folder: string, name: string, tolerance?: number): Promise<string> {
  const format = name.split("-")[0]!;
  const options = tolerance === undefined ? {} : { tolerance };
  const paths = [join(folder, `${name}.before`), join(folder, `${name}.after`)] as const;
  const compared = await compareOutputs(...paths, { kind: "file", format }, options);
  if (compared.is === "different") return differenceText(compared.first);
  return compared.is === "same" ? ["same", ...compared.allowed].join(": ") : compared.is;
}

const float = 'row 4322, column "x": 0.864372874574915 -> 7.5';
const expected: Readonly<Record<string, string | RegExp>> = {
  "parquet-snappy": float,
  "parquet-zstd": float,
  "parquet-gzip": float,
  "parquet-brotli": float,
  "parquet-none": float,
  "parquet-groups": 'row 4322, column "name": "row 4321" -> "other"',
  "parquet-written": /^byte \d+: .*every value in it is the same\)$/,
  "parquet-integer": 'row 8, column "id": 1152921504606846983 -> 1152921504606846984',
  "parquet-null": 'row 5, column "maybe": 2 -> null',
  "parquet-list": 'row 10, column "list", [1]: 10 -> 11',
  "parquet-day": 'row 10, column "day": 2024-01-01T09:00:00.000Z -> 2025-05-05T00:00:00.000Z',
  "parquet-flag": 'row 2, column "flag": false -> true',
  "parquet-v2": 'row 2, column "flag": false -> true',
  "parquet-plain": 'row 2, column "name": "row 1" -> "z"',
  "parquet-rows": "row 5000: 5000 rows -> 4999 rows, the same as far as both go",
  "parquet-columns": /^columns: "id", "x".* -> "x", "id"/,
  "parquet-type": 'type of column "x": OPTIONAL DOUBLE -> OPTIONAL FLOAT',
  "npz": 'tensor "w" at [1, 2]: 5 -> 9',
  "npz-compressed": 'tensor "w" at [1, 2]: 5 -> 9',
  "npy": "the array at [2, 1]: 5 -> 9",
};

realTest(["mlflow"], "compareOutputs() reads what pyarrow and numpy write", async () => {
  await using folder = await workingFolder();
  const script = fileURLToPath(new URL("./comparison_files.py", import.meta.url));
  const { code, stderr } = await runPython({ file: script }, [folder.path], { cwd: folder.path });
  assert.equal(code, 0, stderr);
  for (const [name, said] of Object.entries(expected)) {
    const text = await compare(folder.path, name);
    if (typeof said === "string") assert.equal(text, said, name);
    else assert.match(text, said, name);
  }
  assert.match(
    await compare(folder.path, "parquet-near", 1e-6),
    /^same: same within 0\.000001, largest difference 1e-9 in column "x"$/,
  );
  assert.equal(
    await compare(folder.path, "parquet-written", 1e-6),
    "same: the same values, spelled otherwise",
  );

  // What is cut off or spoilt anywhere is told by its bytes, and ends nothing.
  const whole = await Deno.readFile(join(folder.path, "parquet-snappy.before"));
  for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 150)) {
    const spoilt = whole.slice();
    spoilt.fill(255, at, at + 3);
    await Deno.writeFile(join(folder.path, "parquet-spoilt.before"), whole);
    await Deno.writeFile(
      join(folder.path, "parquet-spoilt.after"),
      at % 2 === 0 ? spoilt : whole.slice(0, at),
    );
    assert.match(await compare(folder.path, "parquet-spoilt"), /^(byte|row|columns|type of)/);
  }
});
