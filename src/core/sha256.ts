/**
 * SHA-256 of what a small run digests, by a library that is loaded in a few milliseconds: loading node:crypto would
 * cost a tenth of such a run. It takes over once a process has digested enough, at 1.6 GB/s.
 */
import { sha256 as digestSmall } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** What node:crypto could not have digested in less time, its loading included: some hundred keys of steps. */
const enoughBytes = 96 * 1024;
let digestedBytes = 0;
let crypto: Crypto | undefined;
type Crypto = ReturnType<typeof loadCrypto>;
const loadCrypto = () => process.getBuiltinModule("node:crypto");

/** 64 hex digits. */
export function sha256(content: Uint8Array | string): string {
  if (crypto !== undefined) return crypto.hash("sha256", content, "hex");
  digestedBytes += content.length;
  if (digestedBytes > enoughBytes) return (crypto = loadCrypto()).hash("sha256", content, "hex");
  return bytesToHex(digestSmall(typeof content === "string" ? new TextEncoder().encode(content) : content));
}

/** The same for content that comes in pieces. */
export function openSha256(): { update(bytes: Uint8Array): void; hex(): string } {
  crypto ??= loadCrypto();
  const hash = crypto.createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
}
