/** Schemas that are made when they are first used. */
import type { z } from "zod";

/**
 * Stands for the schema that `make` gives, which is made at its first use.
 *
 * Most of our formats are read by few calls. To make all their schemas at every start costs a tenth of a small run.
 */
export function lazySchema<Schema extends z.ZodType>(make: () => Schema): Schema {
  let made: Schema | undefined;
  const schema = () => made ??= make();
  return new Proxy({} as Schema, {
    get: (_, member) => Reflect.get(schema(), member, schema()),
    has: (_, member) => Reflect.has(schema(), member),
    getPrototypeOf: () => Reflect.getPrototypeOf(schema()),
  });
}
