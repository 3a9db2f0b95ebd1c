/** Parameters as types: from a record of schemas to values, arguments and holes. */
import type { z } from "zod";
import type { Ref } from "./reference.ts";

/** Schemas by name. */
export type Shape = z.ZodRawShape;
/** Nothing by any name. */
export type None = Record<never, never>;

/** The value of each parameter. */
export type Values<P extends Shape> = { readonly [N in keyof P]: z.output<P[N]> };
/** Names of the parameters that have a default. */
export type Defaulted<P extends Shape> = {
  [N in keyof P]: undefined extends z.input<P[N]> ? N : never;
}[keyof P];
/** What a parameter takes where it is used: a value, or a reference to one. */
export type Argument<T> = T | Ref<T>;
/** A value or a reference for each parameter; those with a default may be left out. */
export type Arguments<P extends Shape> =
  & { readonly [N in Exclude<keyof P, Defaulted<P>>]: Argument<z.output<P[N]>> }
  & { readonly [N in Defaulted<P>]?: Argument<z.output<P[N]>> };
