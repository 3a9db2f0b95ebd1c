/** The columns of a dataset, lowered from zod schemas. */
import { refuse } from "../core/error.ts";
import type { Column } from "../core/kind.ts";
import { inside, type Place } from "../core/place.ts";
import { callSiteOf } from "./call_site.ts";
import { isSchema } from "./lower_parameter.ts";

/** `called` is the function the user called. Fails with PARAM_SCHEMA_UNSUPPORTED. */
export function lowerColumns(
  columns: Readonly<Record<string, unknown>>,
  called: (...given: never[]) => unknown,
): Record<string, Column> {
  const lowered: Record<string, Column> = {};
  for (const [name, schema] of Object.entries(columns)) {
    lowered[name] = lowerColumn(schema) ?? unsupported(name, schema, callSiteOf(called).place);
  }
  return lowered;
}

function lowerColumn(schema: unknown): Column | undefined {
  if (!isSchema(schema)) return undefined;
  const { type, innerType, checks, entries, ...definition } = schema._zod.def;
  switch (type) {
    case "optional":
    case "nullable": {
      const inner = lowerColumn(innerType);
      return inner === undefined ? undefined : { ...inner, optional: true };
    }
    case "number":
      return { type: isWhole(definition, checks) ? "integer" : "number" };
    case "string":
    case "boolean":
      return { type };
    case "enum": {
      const choices = Object.values(entries as Record<string, unknown>);
      return choices.every((choice) => typeof choice === "string")
        ? { type: "string", choices: choices as string[] }
        : undefined;
    }
    default:
      return undefined;
  }
}

function isWhole(definition: Readonly<Record<string, unknown>>, checks: unknown): boolean {
  const formats = [definition.format];
  for (const check of (checks ?? []) as readonly { _zod: { def: { format?: unknown } } }[]) {
    formats.push(check._zod.def.format);
  }
  return formats.some((format) => typeof format === "string" && /int/.test(format));
}

function unsupported(name: string, schema: unknown, at: Place): never {
  const found = isSchema(schema) ? `\`${schema._zod.def.type}\`` : `a ${typeof schema}`;
  return refuse({
    code: "PARAM_SCHEMA_UNSUPPORTED",
    message:
      `Cannot define a dataset with this column as it must be a number, string, boolean or enum, not ${found}`,
    at: inside(at, `column "${name}"`),
    hint:
      "Use `z.number()`, `z.number().int()`, `z.string()`, `z.boolean()` or `z.enum([…])`, `.nullable()` for empty cells",
  });
}
