/** Digests that carry their algorithm: `sha256:` and 64 hex digits. */
import { z } from "zod";
import { lazySchema } from "./lazy_schema.ts";
import { canonicalJson } from "./canonical_json.ts";
import { sha256 } from "./sha256.ts";

export const Digest = lazySchema(() => z.string().regex(/^sha256:[0-9a-f]{64}$/));
export type Digest = z.infer<typeof Digest>;

/** SHA-256; of a text, over its UTF-8. */
export function digestBytes(bytes: Uint8Array | string): Digest {
  return `sha256:${sha256(bytes)}`;
}

/** The digest of a value's canonical JSON. */
export const digestValue = (value: unknown): Digest => digestBytes(canonicalJson(value));
