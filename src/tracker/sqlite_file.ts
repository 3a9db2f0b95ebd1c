/** Looks at a tracker's file before SQLite does: whether it is there, and whether it is all there. */
import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { refuse } from "../core/error.ts";
import { damaged, notWritable } from "./sqlite_failure.ts";

const magic = "SQLite format 3\0";
/** https://www.sqlite.org/fileformat.html, "The Database Header". */
const header = { bytes: 100, pageSize: 16, changeCounter: 24, pageCount: 28, countValidFor: 92 };

/**
 * What is at `path`: nothing (or an empty file, which SQLite takes for a new database), or a SQLite file.
 * Throws TRACKER_DAMAGED for anything else, and for a file shorter than it says of itself. Opens it for reading only.
 */
export function inspectFile(path: string): "missing" | "database" {
  const info = attempt(path, () => statSync(path, { throwIfNoEntry: false }));
  if (info === undefined || info.isFile() && info.size === 0) return "missing";
  if (!info.isFile()) return refuse(damaged(path, "it is not a file"));
  const bytes = new DataView((attempt(path, () => readStart(path)) ?? new Uint8Array(header.bytes)).buffer);
  if (info.size < header.bytes || text(bytes, magic.length) !== magic) {
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

/** A path over something that is no folder leads to nothing. Throws FOLDER_NOT_WRITABLE where reading is refused. */
function attempt<T>(path: string, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOTDIR") return undefined;
    if (code === "EACCES" || code === "EPERM") return refuse(notWritable(path));
    throw error;
  }
}

/** Throws FOLDER_NOT_WRITABLE: SQLite needs to write the file and, for its journal, the folder. */
export function checkWritable(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
    if (existsSync(path)) accessSync(path, constants.W_OK);
  } catch {
    refuse(notWritable(path));
  }
}

function readStart(path: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(header.bytes);
  const file = openSync(path, "r");
  try {
    readSync(file, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(file);
  }
  return bytes;
}

const text = (bytes: DataView, length: number) =>
  String.fromCharCode(...new Uint8Array(bytes.buffer, 0, length));

/** A commit of another program, or one that was cut off and that SQLite mends, may be ahead of the file. */
const isUnderWay = (path: string) => existsSync(`${path}-journal`) || existsSync(`${path}-wal`);
