/** Parameters as types: from a record of schemas to values, arguments and holes. */
import type { Ref } from "./reference.ts";

/** What zod's schemas of a number, text, boolean or enumeration have, as far as types go. */
export interface Schema<T = unknown> {
  /** Zod's own: the type of a value, and of what may be given for one. */
  readonly _zod: { readonly output: T; readonly input: unknown };
}
/** Schemas of parameters, by name. */
export type Shape = Readonly<Record<string, Schema<string | number | boolean>>>;
/** The type of what a schema describes. */
export type Value<S extends Schema> = S["_zod"]["output"];
/** Nothing by any name. */
export type None = Record<never, never>;

/** The value of each parameter. */
export type Values<P extends Shape> = { readonly [N in keyof P]: Value<P[N]> };
/** Names of the parameters that have a default. */
export type Defaulted<P extends Shape> = {
  [N in keyof P]: undefined extends P[N]["_zod"]["input"] ? N : never;
}[keyof P];
/** What a parameter takes where it is used: a value, or a reference to one. */
export type Argument<T> = T | Ref<T>;
/** A value or a reference for each parameter; those with a default may be left out. */
export type Arguments<P extends Shape> =
  & { readonly [N in Exclude<keyof P, Defaulted<P>>]: Argument<Value<P[N]>> }
  & { readonly [N in Defaulted<P>]?: Argument<Value<P[N]>> };
/** What a call takes: nothing by any name when it takes nothing, which TypeScript would not say by itself. */
export type Given<A> = [keyof A] extends [never] ? Nothing : A;
/** No member of any name. */
export type Nothing = Readonly<Record<string, never>>;
