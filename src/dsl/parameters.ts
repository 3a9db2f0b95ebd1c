/** Parameters: thin names over zod schemas for what a command line and MLproject know. */
import { z } from "zod";

/** Marks the texts that are paths and URIs; a schema made from a marked one by chaining is marked as well. */
export const textKinds: z.core.$ZodRegistry<{ textKind: "path" | "uri" }> = z.registry<
  { textKind: "path" | "uri" }
>();

/**
 * A number.
 *
 * ```ts
 * float().min(0).max(1).default(0.5).describe("How strongly to regularise")
 * ```
 */
export const float = (): z.ZodNumber => z.number();

/** A whole number: `int().min(8).max(256).default(32)`. */
export const int = (): z.ZodInt => z.int();

/** A text: `string().min(1).max(40).regex(/^[a-z]+$/)`. */
export const string = (): z.ZodString => z.string();

/** True or false: `boolean().default(false)`. */
export const boolean = (): z.ZodBoolean => z.boolean();

/** One of some texts: `choice("gini", "entropy").default("gini")`. */
export const choice = <const V extends readonly [string, ...string[]]>(
  ...values: V
): z.ZodEnum<{ [N in V[number]]: N }> =>
  z.enum(values as readonly string[]) as z.ZodEnum<{ [N in V[number]]: N }>;

/**
 * A file or folder on this machine: `path().default("data/wine.csv")`.
 *
 * A default is relative to the pipeline's folder, a value typed on a command line to the working folder. A step may
 * read it, and its content counts when sluice decides whether a step must run again.
 */
export const path = (): z.ZodString => marked("path");

/** A text that names something elsewhere: `uri().default("s3://bucket/wine.csv")`. Its content is not looked at. */
export const uri = (): z.ZodString => marked("uri");

function marked(textKind: "path" | "uri"): z.ZodString {
  const schema = z.string();
  textKinds.add(schema, { textKind });
  return schema;
}
