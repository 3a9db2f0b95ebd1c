/** JSON with one spelling: the same value is always the same bytes. */

/**
 * Keys in code unit order, but those that are array indices (`0`, `17`) first and by number, as JavaScript has it; no
 * spaces; members that are undefined are left out, as `JSON.stringify` does.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(inOrder(value, ""));
}

/** The same value with its keys in order; itself where they are. To write that is faster than to write by a replacer. */
function inOrder(value: unknown, name: string | number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("toJSON" in value && typeof value.toJSON === "function") {
    const written: unknown = value.toJSON(String(name));
    return typeof written === "object" && written !== null ? copyInOrder(written) : written;
  }
  return copyInOrder(value);
}

function copyInOrder(value: object): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  const record = value as Readonly<Record<string, unknown>>;
  const result: Record<string, unknown> = {};
  for (const key of sortedKeys(record)) {
    if (key === "__proto__") defineOwn(result, key, inOrder(record[key], key));
    else result[key] = inOrder(record[key], key);
  }
  return result;
}

/** In code unit order. */
export function sortedKeys(record: object): string[] {
  const keys = Object.keys(record);
  for (let index = 1; index < keys.length; index++) if (keys[index - 1]! > keys[index]!) return keys.sort();
  return keys;
}

const defineOwn = (record: object, key: string, value: unknown): unknown =>
  Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
