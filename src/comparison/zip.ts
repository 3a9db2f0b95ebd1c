/** Reads zip archives: names from the central directory, contents stored or deflated. */
import { NoTensors } from "./compare_tensors.ts";
import { pieceBytes, type Pieces, piecesFrom, piecesOf, readAt } from "./read_pieces.ts";

export interface ZipMember {
  readonly name: string;
  /** Its content; nothing is in memory but a piece. */
  open(): Promise<Pieces>;
}

/** The end record is at most this far from the end of the file. */
const endLimitBytes = 65_557;
const directoryLimitBytes = 1 << 24;
const memberLimit = 100_000;
const none = (why: string): never => {
  throw new NoTensors(why);
};

/** Sorted by name. Throws NoTensors for what is no zip, or uses what numpy never does. */
export async function openZip(file: Deno.FsFile): Promise<readonly ZipMember[]> {
  const { size } = await file.stat();
  const { start, length } = await findDirectory(file, size);
  if (length > directoryLimitBytes || start + length > size) none("its directory does not fit in it");
  const bytes = await readAt(file, start, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const members: ZipMember[] = [];
  for (let at = 0; at + 46 <= bytes.length && view.getUint32(at, true) === 0x02014b50;) {
    if (members.length >= memberLimit) none("it has too many members");
    const [nameLength, extraLength] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true)];
    const commentLength = view.getUint16(at + 32, true);
    const end = at + 46 + nameLength + extraLength + commentLength;
    if (end > bytes.length) none("its directory is cut off");
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const extra = new DataView(bytes.buffer, bytes.byteOffset + at + 46 + nameLength, extraLength);
    const wide = readWide(
      extra,
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    );
    const method = view.getUint16(at + 10, true);
    if (method !== 0 && method !== 8) none("it is compressed in a way that is not known");
    members.push({ name, open: () => openMember(file, wide.offset, wide.compressed, method, size) });
    at = end;
  }
  return members.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function findDirectory(file: Deno.FsFile, size: number): Promise<{ start: number; length: number }> {
  const from = Math.max(0, size - endLimitBytes);
  const bytes = await readAt(file, from, size - from);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = bytes.length - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    const [start, length] = [view.getUint32(at + 16, true), view.getUint32(at + 12, true)];
    // Of more than 4 GB: the locator before it says where the wide end record is.
    if (start !== 0xffffffff || at < 20 || view.getUint32(at - 20, true) !== 0x07064b50) {
      return { start, length };
    }
    const record = await readAt(file, Math.min(Number(view.getBigUint64(at - 12, true)), size), 56);
    if (record.length < 56) return none("its end is cut off");
    const wide = new DataView(record.buffer);
    return { start: Number(wide.getBigUint64(48, true)), length: Number(wide.getBigUint64(40, true)) };
  }
  return none("it is no zip archive");
}

/** What does not fit in four bytes stands in the extra field 1, in this order. */
function readWide(extra: DataView, size: number, compressed: number, offset: number) {
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const [id, length] = [extra.getUint16(at, true), extra.getUint16(at + 2, true)];
    if (id === 1) {
      let next = at + 4;
      const take = (narrow: number) => {
        if (narrow !== 0xffffffff || next + 8 > extra.byteLength) return narrow;
        next += 8;
        return Number(extra.getBigUint64(next - 8, true));
      };
      take(size);
      return { compressed: take(compressed), offset: take(offset) };
    }
    at += 4 + length;
  }
  return { compressed, offset };
}

async function openMember(
  file: Deno.FsFile,
  offset: number,
  compressed: number,
  method: number,
  size: number,
): Promise<Pieces> {
  const local = await readAt(file, Math.min(offset, size), 30);
  const view = new DataView(local.buffer, local.byteOffset, local.byteLength);
  if (local.length < 30 || view.getUint32(0, true) !== 0x04034b50) {
    return none("a member of it is not where it says");
  }
  const start = offset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + compressed > size) return none("a member of it is cut off");
  const stored = piecesOf(file, start, start + compressed);
  if (method === 0) return stored;
  const pieces = piecesFrom(inflate(stored));
  return {
    async read(count) {
      try {
        return await pieces.read(count);
      } catch (error) {
        // What DecompressionStream throws for bytes that are not deflated.
        if (error instanceof TypeError) return none("a member of it is damaged");
        throw error;
      }
    },
    close: pieces.close,
  };
}

function inflate(stored: Pieces): ReadableStream<Uint8Array> {
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const piece = await stored.read(pieceBytes);
      if (piece.length === 0) controller.close();
      else controller.enqueue(piece as Uint8Array<ArrayBuffer>);
    },
  });
  return source.pipeThrough(new DecompressionStream("deflate-raw"));
}
