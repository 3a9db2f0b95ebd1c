/** Source files that `why` shows lines of: small files of the store. */
import { type Digest, digestBytes } from "../core/digest.ts";
import { largestTextBytes } from "../core/sources.ts";
import { blobMode } from "./blobs.ts";
import { removeFile } from "./entries.ts";
import { blobName, findInfo, type Places } from "./places.ts";

/** Not forced to disk: it is read again before it is shown. */
export function keepText(places: Places, digest: Digest, text: Uint8Array): void {
  if (text.length > largestTextBytes || digestBytes(text) !== digest) return;
  const name = blobName({ digest, isProgram: false });
  places.make("files", name);
  const path = places.blob(name);
  const info = findInfo(path);
  if (info?.isFile === true && info.size === text.length) return;
  if (info !== undefined) removeFile(path);
  places.make();
  const part = places.part();
  try {
    Deno.writeFileSync(part, text, { createNew: true });
    Deno.chmodSync(part, blobMode({ isProgram: false }));
    Deno.renameSync(part, path);
  } catch (error) {
    removeFile(part);
    throw error;
  }
}

/** The text kept under its digest; undefined where there is none, or a damaged one. */
export function findText(places: Places, digest: Digest): Uint8Array | undefined {
  const name = blobName({ digest, isProgram: false });
  if (!places.isThere("files", name)) return undefined;
  const info = findInfo(places.blob(name));
  if (info === undefined || !info.isFile || info.size > largestTextBytes) return undefined;
  try {
    const text = Deno.readFileSync(places.blob(name));
    return digestBytes(text) === digest ? text : undefined;
  } catch {
    return undefined;
  }
}
