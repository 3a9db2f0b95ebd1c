/** What flows between steps: tables, models and files. */
import { z } from "zod";
import { lazySchema } from "./lazy_schema.ts";

const ColumnType = lazySchema(() => z.enum(["number", "integer", "string", "boolean"]));
type ColumnType = z.infer<typeof ColumnType>;

export const Column = lazySchema(() =>
  z.object({
    type: ColumnType,
    /** An empty cell is allowed. */
    optional: z.boolean().optional(),
    /** The column's only values, for an enumeration. */
    choices: z.array(z.string()).readonly().optional(),
  }).readonly()
);
export type Column = z.infer<typeof Column>;

type DatasetFormat = "csv" | "parquet" | "jsonl";
const DatasetFormat: z.ZodType<DatasetFormat> = lazySchema(() => z.enum(["csv", "parquet", "jsonl"]));

export const KindSpec = lazySchema(() =>
  z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("dataset"),
      columns: z.record(z.string(), Column).readonly(),
      format: DatasetFormat,
    })
      .readonly(),
    /** A folder with an MLmodel file that has each of the flavors. */
    z.object({ kind: z.literal("model"), flavors: z.array(z.string()).readonly() }).readonly(),
    /** A file or a folder; `format` is the extension its name gets, without the dot. */
    z.object({ kind: z.literal("file"), format: z.string().optional() }).readonly(),
  ])
);
export type KindSpec = z.infer<typeof KindSpec>;

export const InputSpec = lazySchema(() =>
  z.object({
    kind: KindSpec,
    takes: z.enum(["one", "many", "optional"]),
  }).readonly()
);
export type InputSpec = z.infer<typeof InputSpec>;

/** The name an output has in its step's output folder: `train.csv`, `model`, `plot.png`. */
export function outputFileName(name: string, kind: KindSpec): string {
  switch (kind.kind) {
    case "dataset":
      return `${name}.${kind.format}`;
    case "model":
      return name;
    case "file":
      return kind.format === undefined ? name : `${name}.${kind.format}`;
  }
}
