/** Two files: the same, or the first difference in the words of their format. */
import { basename } from "node:path";
import { type Closeness, openCloseness } from "./closeness.ts";
import type { ByValue, Found } from "./comparison.ts";
import { describeByte, findDifferingByte } from "./compare_bytes.ts";

/** What `Comparison` is for outputs, for one file of them. */
export type FileComparison =
  | { readonly is: "same"; readonly allowed: readonly string[] }
  | { readonly is: "different"; readonly found: Found };

type CompareByValue = (before: string, after: string, closeness: Closeness) => Promise<ByValue>;

/**
 * By bytes; when these differ, by what is in the files, as far as their format is known.
 *
 * Without a tolerance only what MLmodel files hold anew for each run may differ. With one, two files of a known format
 * are the same when the numbers in them are near enough and all else is the same; how they are spelled does not count.
 */
export async function compareFiles(
  before: string,
  after: string,
  format: string,
  tolerance: number | undefined,
): Promise<FileComparison> {
  const offset = await findDifferingByte(before, after);
  if (offset === undefined) return { is: "same", allowed: [] };
  const compare = await comparerOf(format, basename(before));
  const byValue = await compare?.(before, after, openCloseness(tolerance));
  if (byValue?.is === "different") return byValue;
  if (byValue?.is === "same" && (tolerance !== undefined || byValue.allowed.length > 0)) {
    return {
      is: "same",
      allowed: byValue.allowed.length > 0 ? byValue.allowed : ["the same values, spelled otherwise"],
    };
  }
  const found = await describeByte(before, after, offset);
  if (byValue === undefined) return { is: "different", found };
  const why = byValue.is === "same" ? "every value in it is the same" : `by bytes, as ${byValue.because}`;
  return {
    is: "different",
    found: { ...found, note: found.note === undefined ? why : `${found.note}, ${why}` },
  };
}

/** Undefined for what is compared by bytes alone. Parsers are loaded when they are needed. */
async function comparerOf(format: string, name: string): Promise<CompareByValue | undefined> {
  if (name === "MLmodel") return (await import("./compare_documents.ts")).compareMlmodel;
  switch (format.toLowerCase()) {
    case "csv":
      return (await import("./compare_tables.ts")).compareCsv;
    case "jsonl":
    case "ndjson":
      return (await import("./compare_tables.ts")).compareJsonLines;
    case "json":
      return (await import("./compare_documents.ts")).compareJson;
    case "yaml":
    case "yml":
      return (await import("./compare_documents.ts")).compareYaml;
    case "parquet":
      return (await import("./compare_parquet.ts")).compareParquet;
    case "safetensors":
    case "npy":
    case "npz":
      return await tensorComparer(format.toLowerCase());
    default:
      return undefined;
  }
}

async function tensorComparer(format: string): Promise<CompareByValue> {
  const { compareTensorFiles } = await import("./compare_tensors.ts");
  const open = format === "safetensors"
    ? (await import("./safetensors.ts")).openSafetensors
    : format === "npy"
    ? (await import("./numpy_files.ts")).openNpy
    : (await import("./numpy_files.ts")).openNpz;
  return (before, after, closeness) => compareTensorFiles(before, after, closeness, open);
}
