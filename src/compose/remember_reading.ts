/**
 * Remembers what files of MLflow projects were read as, in `<cache>/mlprojects/read/`: loading a YAML parser takes a fifth of
 * a small run. An entry is named by all that was read, and begins with a digest of itself; one that is not whole is none.
 */
import { join } from "node:path";
import { writeNote } from "../core/atomic_write.ts";
import { canonicalJson } from "../core/canonical_json.ts";
import { sha256 } from "../core/sha256.ts";
import { sluiceVersion } from "./version.ts";

/** Of what readers give; another one is read anew. */
const readingVersion = 2;

/**
 * What `read` gives for `given`, both plain JSON. Refusals are not remembered. Without a cache, or where it cannot be
 * written, everything is read.
 */
export async function rememberReading<Value>(
  cache: string | undefined,
  given: unknown,
  read: () => Promise<Value>,
): Promise<Value> {
  if (cache === undefined) return await read();
  const path = join(
    cache,
    "mlprojects",
    "read",
    sha256(canonicalJson([readingVersion, sluiceVersion, given])),
  );
  const known = await Deno.readTextFile(path).catch(() => "");
  const json = known.slice(65);
  if (json !== "" && sha256(json) === known.slice(0, 64)) return JSON.parse(json);
  const value = await read();
  const text = JSON.stringify(value);
  await writeNote(path, `${sha256(text)}\n${text}`);
  return value;
}

/** Undefined where the user has none. */
export function cacheIfThere(cache: () => string): string | undefined {
  try {
    return cache();
  } catch {
    return undefined;
  }
}
