/**
 * The small parts of MLflow's JSON: proto2 messages as `google.protobuf.json_format` writes them, with snake_case
 * names. Fields that are null count as absent, as there.
 */
import { z } from "zod";
import type { LoggedParameter, Tag } from "./tracking.ts";

/** A JSON object on its way out; fields that are undefined are not written. */
export type WireObject = { readonly [name: string]: unknown };

/** A 64-bit integer: a number or its text. Beyond 2^53 it is refused, as it could not be told from its neighbours. */
export const WireInteger = z.union([
  z.int(),
  z.string().regex(/^-?\d{1,16}$/).transform(Number).pipe(z.int()),
]);

/**
 * A double: a number, or the text of one that JSON lacks. The largest double stands for infinity, as in MLflow's
 * database.
 */
export const WireDouble = z.union([
  z.number(),
  z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number),
]).transform((value) => Math.abs(value) === Number.MAX_VALUE ? value * Infinity : value);

/** The other direction of `WireDouble`. */
export const writeDouble = (value: number): number | string => Number.isFinite(value) ? value : String(value);

/** A field that may be absent or null. */
export const optional = <S extends z.ZodType>(schema: S) =>
  schema.nullish().transform((value): z.output<S> | undefined => value ?? undefined);

/** A list that may be absent, null or empty: all the same in proto. */
export const listOf = <S extends z.ZodType>(schema: S) =>
  z.array(schema).nullish().transform((items): readonly z.output<S>[] => items ?? []);

export const WireTag = z.object({ key: z.string(), value: z.string().default("") }).transform((
  tag,
): Tag => tag);
export const WireParameter = z.object({ key: z.string(), value: z.string().default("") }).transform((
  parameter,
): LoggedParameter => parameter);

/** The same object without the fields that are undefined. */
export function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
type Present<T> =
  & { [N in keyof T as undefined extends T[N] ? never : N]: T[N] }
  & { [N in keyof T as undefined extends T[N] ? N : never]?: Exclude<T[N], undefined> };
