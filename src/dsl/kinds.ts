/** Kinds: what flows between steps, as types and as plain specifications. */
import type { Schema, Value } from "./shape.ts";
import type { InputSpec, KindSpec } from "../core/kind.ts";
import { lowerColumns } from "./columns.ts";

/** A table. Compared by row, so further columns are welcome. */
export interface Dataset<Row> {
  /** What kind of thing it is. */
  readonly kind: "dataset";
  /** In types only. */
  readonly row: Row;
}
/** A trained model in MLflow's format, saved in each of `Flavor`; further flavors are welcome. */
export interface Model<Flavor extends string> {
  /** What kind of thing it is. */
  readonly kind: "model";
  /** In types only: a model with more flavors fits where fewer are wanted. */
  readonly has: (flavor: Flavor) => void;
}
/** A file or a folder. */
export interface File {
  /** What kind of thing it is. */
  readonly kind: "file";
}
/** What an output makes and an input takes. */
export type Kind = Dataset<unknown> | Model<never> | File;

/** An input that takes a list of references. */
export interface Many<K extends Kind> {
  /** The kind of each. */
  readonly many: K;
}
/** An input that may be absent. */
export interface Optional<K extends Kind> {
  /** The kind that may be absent. */
  readonly optional: K;
}
/** What an input takes. */
export type InputKind = Kind | Many<Kind> | Optional<Kind>;

/**
 * A table in a file, with the columns it must at least have.
 *
 * A column is `z.number()`, `z.number().int()`, `z.string()`, `z.boolean()` or `z.enum([…])`; `.nullable()` allows
 * empty cells. The format is `csv` by default. What a step really wrote is checked against it.
 * Fails with PARAM_SCHEMA_UNSUPPORTED for any other column.
 *
 * ```ts
 * const Wine = dataset({ alcohol: z.number(), quality: z.number().int() }, { format: "parquet" });
 * ```
 */
export function dataset<S extends Readonly<Record<string, Schema>>>(
  columns: S,
  options: { readonly format?: "csv" | "parquet" | "jsonl" } = {},
): Dataset<{ readonly [N in keyof S]: Value<S[N]> }> {
  const spec = { kind: "dataset", columns: lowerColumns(columns, dataset), format: options.format ?? "csv" };
  return hold(spec as KindSpec) as Dataset<{ readonly [N in keyof S]: Value<S[N]> }>;
}

/**
 * A folder with an `MLmodel` file, as MLflow's `save_model` writes it, that has each of the flavors.
 *
 * ```ts
 * outputs: { model: model("sklearn", "python_function") }
 * ```
 */
export function model<F extends string>(...flavors: F[]): Model<F> {
  return hold({ kind: "model", flavors }) as unknown as Model<F>;
}

/** A file or a folder; `file({ format: "png" })` gives an output's name that extension. */
export function file(options: { readonly format?: string } = {}): File {
  const format = options.format?.replace(/^\./, "");
  return hold(format === undefined ? { kind: "file" } : { kind: "file", format }) as File;
}

/** An input that takes a list of references, none among them too: `reports: many(file())`. */
export const many = <K extends Kind>(kind: K): Many<K> => ({ many: kind });

/** An input that may be left out, or take what a `when` may not make: `warm: optional(model("sklearn"))`. */
export const optional = <K extends Kind>(kind: K): Optional<K> => ({ optional: kind });

/** Kinds are their own specifications: the types users meet have phantom members in their place. */
const hold = (spec: KindSpec): unknown => Object.freeze(spec);

export const specOfKind = (kind: Kind): KindSpec => kind as unknown as KindSpec;

const isKind = (value: unknown): value is Kind =>
  typeof value === "object" && value !== null && "kind" in value;

/** Undefined when `value` is no kind. */
export function lowerKind(value: unknown): KindSpec | undefined {
  return isKind(value) ? specOfKind(value) : undefined;
}

/** Undefined when `value` is nothing an input can take. */
export function lowerInput(value: unknown): InputSpec | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const [kind, takes] = "many" in value
    ? [value.many, "many" as const]
    : "optional" in value
    ? [value.optional, "optional" as const]
    : [value, "one" as const];
  const spec = lowerKind(kind);
  return spec === undefined ? undefined : { kind: spec, takes };
}
