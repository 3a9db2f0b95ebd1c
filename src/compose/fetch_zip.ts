/** Unpacks archives of projects, which may be a stranger's: no entry leaves the folder, and none is a link. */
import { dirname, join } from "node:path";
import { type UnzipFileInfo, unzipSync } from "fflate";
import { isConfinedPath } from "../core/confined_path.ts";
import { type Digest, digestBytes } from "../core/digest.ts";
import { refuse } from "../core/error.ts";
import { makeFolder } from "../core/file_tree.ts";
import { showValue } from "../core/parameter.ts";
import { fillOnce } from "./fill_once.ts";
import { shownUri } from "./project_source.ts";

/** Of the archive, of all that is in it, and of its entries. */
const most = { archiveBytes: 1 << 29, bytes: 1 << 30, entries: 100_000 };
const fetchMs = 600_000;

export interface FetchedArchive {
  /** What is in it; nobody writes here. */
  readonly folder: string;
  /** Of the archive: `sha256:` and 64 hex digits. */
  readonly digest: Digest;
}

/**
 * Unpacks an archive once into `<cache>/mlprojects/zip-<digest>/`. `location` is a path or an http address.
 * Throws PROJECT_NOT_FOUND.
 */
export async function fetchZip(
  location: string,
  cache: string,
  signal: AbortSignal,
): Promise<FetchedArchive> {
  const notFound: NotFound = (because, hint) =>
    refuse({
      code: "PROJECT_NOT_FOUND",
      message: `Cannot unpack \`${shownUri(location)}\` as ${because}`,
      hint,
    });
  const archive = /^https?:\/\//.test(location)
    ? await download(location, notFound, signal)
    : await readArchive(location, notFound);
  const digest = digestBytes(archive);
  const projects = join(cache, "mlprojects");
  const folder = join(projects, `zip-${digest.slice("sha256:".length, "sha256:".length + 32)}`);
  makeFolder(projects);
  await fillOnce(folder, (part) => writeEntries(archive, part, notFound));
  return { folder, digest };
}

async function readArchive(path: string, notFound: NotFound): Promise<Uint8Array> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (info?.isFile !== true) return notFound("there is no such file", "Name an archive that is there");
  if (info.size > most.archiveBytes) {
    return notFound("it is larger than half a gigabyte", "Unpack it yourself, and name the folder");
  }
  return await Deno.readFile(path);
}

async function writeEntries(archive: Uint8Array, folder: string, notFound: NotFound): Promise<void> {
  let [bytes, entries] = [0, 0];
  const filter = ({ name, originalSize }: UnzipFileInfo): boolean => {
    bytes += originalSize;
    const isFolder = name.endsWith("/");
    if (!isConfinedPath(isFolder ? name.slice(0, -1) : name) || name.includes("\\")) {
      notFound(
        `its entry \`${showValue(name)}\` leads out of it`,
        "Pack the project anew, with paths below its folder",
      );
    }
    if (++entries > most.entries || bytes > most.bytes) {
      notFound(
        "it holds more than a gigabyte, or a hundred thousand files",
        "Unpack it yourself, and name the folder",
      );
    }
    return !isFolder;
  };
  for (const [name, content] of Object.entries(unpack(archive, filter, notFound))) {
    const path = join(folder, name);
    makeFolder(dirname(path));
    await Deno.writeFile(path, content, { createNew: true });
  }
}

type NotFound = (because: string, hint: string) => never;

function unpack(
  archive: Uint8Array,
  filter: (info: UnzipFileInfo) => boolean,
  notFound: NotFound,
): Readonly<Record<string, Uint8Array>> {
  try {
    return unzipSync(archive, { filter });
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return notFound("it is no zip archive, or a damaged one", "Pack it anew");
    }
    throw error;
  }
}

async function download(location: string, notFound: NotFound, signal: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(location, { signal: AbortSignal.any([signal, AbortSignal.timeout(fetchMs)]) })
    .catch((error) => {
      if (signal.aborted) throw error;
      return notFound(`its host does not answer: ${error.message}`, "See that the address is right");
    });
  if (!response.ok) {
    await response.body?.cancel();
    return notFound(`its host answers ${response.status}`, "See that the address is right");
  }
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    for await (const piece of response.body ?? []) {
      size += piece.length;
      if (size > most.archiveBytes) {
        return notFound("it is larger than half a gigabyte", "Unpack it yourself, and name the folder");
      }
      pieces.push(piece as Uint8Array<ArrayBuffer>);
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof TypeError || error instanceof DOMException)) throw error;
    return notFound("its host broke off", "Try it again");
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
