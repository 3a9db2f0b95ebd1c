/**
 * SHA-256 for small runs, which node:crypto would cost a tenth of their time by its loading alone.
 *
 * FIPS 180-4, at about 70 MB/s. Once a process has digested enough, node:crypto takes over, which does 1.6 GB/s.
 */

const blockBytes = 64;
/** What node:crypto could not have digested in less time, its loading included. */
const enoughBytes = 1 << 20;
let digestedBytes = 0;

/** 64 hex digits. */
export function sha256(content: Uint8Array | string): string {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  digestedBytes += bytes.length;
  return digestedBytes > enoughBytes ? quickDigest(bytes) : ownDigest(bytes);
}

/** The same for content that comes in pieces. */
export function openSha256(): { update(bytes: Uint8Array): void; hex(): string } {
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
}

function quickDigest(bytes: Uint8Array): string {
  const hash = openSha256();
  hash.update(bytes);
  return hash.hex();
}

function ownDigest(bytes: Uint8Array): string {
  const state = initial().slice();
  const words = new Uint32Array(64);
  const padded = pad(bytes);
  for (let at = 0; at < padded.byteLength; at += blockBytes) addBlock(state, words, padded, at);
  return [...state].map((word) => word.toString(16).padStart(8, "0")).join("");
}

/** A one bit, zeros, and the length in bits, to a whole number of blocks. */
function pad(bytes: Uint8Array): DataView {
  const padded = new Uint8Array((Math.floor((bytes.length + 8) / blockBytes) + 1) * blockBytes);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  return view;
}

function addBlock(state: Uint32Array, words: Uint32Array, block: DataView, at: number): void {
  for (let t = 0; t < 16; t++) words[t] = block.getUint32(at + t * 4);
  for (let t = 16; t < 64; t++) {
    const [x, y] = [words[t - 15]!, words[t - 2]!];
    words[t] = words[t - 16]! + words[t - 7]! + (turn(x, 7) ^ turn(x, 18) ^ x >>> 3) +
      (turn(y, 17) ^ turn(y, 19) ^ y >>> 10);
  }
  const k = constants();
  let [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => state[index]!) as Eight;
  for (let t = 0; t < 64; t++) {
    const choice = e & f ^ ~e & g, majority = a & b ^ a & c ^ b & c;
    const first = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + k[t]! + words[t]! | 0;
    const second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + majority | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, d + first | 0, c, b, a, first + second | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => state[index]! += word);
}
type Eight = [number, number, number, number, number, number, number, number];

const turn = (word: number, bits: number): number => word >>> bits | word << 32 - bits;

let tables: { readonly initial: Uint32Array; readonly constants: Uint32Array } | undefined;
const initial = () => (tables ??= makeTables()).initial;
const constants = () => (tables ??= makeTables()).constants;

/** The first 32 bits of the fractions of the square roots of the first 8 primes and of the cube roots of the first 64. */
function makeTables() {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  const fraction = (x: number) => (x % 1) * 2 ** 32;
  return {
    initial: Uint32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
    constants: Uint32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
  };
}
