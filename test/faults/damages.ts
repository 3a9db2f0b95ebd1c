/** What may happen to a file on a disk, or by somebody who does not know what it is. */
import type { Random } from "./random.ts";

export interface Victim {
  readonly path: string;
  /** Another file, or the same. */
  readonly other: string;
  readonly random: Random;
}

/** By what then holds of the file. They throw errors of Deno where nothing, or a folder, is in its place. */
export const damages: Readonly<Record<string, (victim: Victim) => Promise<void> | void>> = {
  "is gone": ({ path }) => Deno.removeSync(path),
  "is cut short": ({ path, random }) =>
    rewrite(path, (bytes) => bytes.subarray(0, random.below(Math.max(1, bytes.length)))),
  "has a bit flipped": ({ path, random }) => rewrite(path, (bytes) => flip(bytes, 1, random)),
  "has bits flipped": ({ path, random }) => rewrite(path, (bytes) => flip(bytes, 20, random)),
  "has bytes more": ({ path }) => rewrite(path, (bytes) => new Uint8Array([...bytes.subarray(0, 1000), 0])),
  "is full of zeros": ({ path }) => rewrite(path, (bytes) => bytes.fill(0)),
  "has a page of zeros": ({ path, random }) =>
    rewrite(path, (bytes) => {
      const at = 4096 * random.below(Math.ceil(bytes.length / 4096) || 1);
      return bytes.fill(0, at, at + 4096);
    }),
  "has another's content": ({ path, other }) => rewrite(path, () => Deno.readFileSync(other)),
  "changed places with another": ({ path, other }) => {
    if (path === other) return;
    Deno.renameSync(path, `${path}.away`);
    Deno.renameSync(other, path);
    Deno.renameSync(`${path}.away`, other);
  },
  "is empty": ({ path }) => rewrite(path, () => new Uint8Array()),
  "has another name": ({ path, random }) =>
    Deno.renameSync(path, path.slice(0, -1) + random.pick("0123456789abcdef.x".split(""))),
  "is in another's place": ({ path, other }) => Deno.renameSync(path, other),
  "is a link to another": ({ path, other }) => {
    Deno.removeSync(path);
    Deno.symlinkSync(other, path);
  },
  "is a folder": ({ path }) => {
    Deno.removeSync(path);
    Deno.mkdirSync(path);
    Deno.writeTextFileSync(`${path}/x`, "x");
  },
  "has other rights": ({ path, random }) =>
    Deno.chmodSync(path, random.pick([0o000, 0o755, 0o644, 0o111, 0o200])),
  "has other times": ({ path, random }) => {
    const seconds = random.pick([0, 1e9, Date.now() / 1000 + 1e8]);
    Deno.utimeSync(path, seconds, seconds);
  },
};

function flip(bytes: Uint8Array<ArrayBuffer>, count: number, random: Random): Uint8Array {
  for (let left = count; left > 0 && bytes.length > 0; left--) {
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  }
  return bytes;
}

/** In place, with the times it had. */
function rewrite(path: string, change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): void {
  const info = Deno.lstatSync(path);
  if (!info.isFile) return;
  Deno.chmodSync(path, 0o644);
  Deno.writeFileSync(path, change(Deno.readFileSync(path)));
  Deno.utimeSync(path, info.atime!, info.mtime!);
}
