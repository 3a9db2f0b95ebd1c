/** JSON with one spelling: the same value is always the same bytes. */

/** Keys in code unit order, no spaces; members that are undefined are left out, as `JSON.stringify` does. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, item) => isRecord(item) ? sorted(item) : item);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sorted(record: Record<string, unknown>): Record<string, unknown> {
  // A null prototype, so that a key named "__proto__" stays a key.
  const result: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(record).sort()) result[key] = record[key];
  return result;
}
