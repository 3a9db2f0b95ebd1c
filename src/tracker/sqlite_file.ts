/** Looks at a tracker's file before SQLite does: whether it is there, and whether it is all there. */
import { refuse } from "../core/error.ts";
import { damaged, refusedBySystem } from "./sqlite_failure.ts";

const magic = "SQLite format 3\0";
/** https://www.sqlite.org/fileformat.html, "The Database Header". */
const header = { bytes: 100, pageSize: 16, changeCounter: 24, pageCount: 28, countValidFor: 92 };

/**
 * What is at `path`: nothing (or an empty file, which SQLite takes for a new database), or a SQLite file.
 * Throws TRACKER_DAMAGED for anything else, and for a file shorter than it says of itself. Only reads it.
 */
export function inspectFile(path: string): "missing" | "database" {
  const info = statIfThere(path);
  if (info === undefined || info.isFile && info.size === 0) return "missing";
  if (!info.isFile) return refuse(damaged(path, "it is not a file"));
  const bytes = readHeader(path);
  if (info.size < header.bytes || text(bytes, magic.length) !== magic) {
    // The making of a new file was cut off: SQLite takes it back to nothing, or says that it cannot.
    if (isUnderWay(path)) return "database";
    return refuse(damaged(path, "it is no SQLite database"));
  }
  // 1 stands for 65536, which two bytes cannot hold.
  const pageSize = bytes.getUint16(header.pageSize) === 1 ? 65536 : bytes.getUint16(header.pageSize);
  const isCounted = bytes.getUint32(header.changeCounter) === bytes.getUint32(header.countValidFor);
  const needed = isCounted ? bytes.getUint32(header.pageCount) * pageSize : 0;
  if (info.size < needed && !isUnderWay(path)) {
    return refuse(damaged(path, `it has ${info.size} of its ${needed} bytes`));
  }
  return "database";
}

/** Throws FOLDER_NOT_WRITABLE for a file that is there and cannot be written. */
export function checkWritable(path: string): void {
  try {
    Deno.openSync(path, { write: true }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) refuse(refusedBySystem(path, error));
  }
}

/** A path over something that is no folder leads to nothing. */
function statIfThere(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    return refuse(refusedBySystem(path, error));
  }
}

function readHeader(path: string): DataView {
  const bytes = new Uint8Array(header.bytes);
  try {
    using file = Deno.openSync(path);
    file.readSync(bytes);
  } catch (error) {
    refuse(refusedBySystem(path, error));
  }
  return new DataView(bytes.buffer);
}

const text = (bytes: DataView, length: number) =>
  String.fromCharCode(...new Uint8Array(bytes.buffer, 0, length));

/** A commit of another program, or one that was cut off and that SQLite mends, may be ahead of the file. */
const isUnderWay = (path: string) =>
  [`${path}-journal`, `${path}-wal`].some((other) => statIfThere(other) !== undefined);
