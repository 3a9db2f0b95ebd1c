/** Parquet files by their columns and rows, which are counted from 1. */
import type { AsyncBuffer, FileMetaData } from "hyparquet";
import { type Closeness, closenessText } from "./closeness.ts";
import { type ByValue, type Found, quote } from "./comparison.ts";
import { findValueDifference } from "./compare_values.ts";
import { openRegular, readAt } from "./read_pieces.ts";

/** Of one column in one row group; what is larger is compared by its bytes. */
const valueLimit = 1 << 25;
const chunkLimitBytes = 1 << 30;
const pageLimitBytes = 1 << 28;

/** Not of the format, or too large to be read by value. */
class Unreadable extends Error {
  override readonly name = "Unreadable";
}

/** By cells, a column of a row group at a time. */
export async function compareParquet(before: string, after: string, closeness: Closeness): Promise<ByValue> {
  using one = await openRegular(before);
  using other = await openRegular(after);
  try {
    const [left, right] = [await openParquet(one), await openParquet(other)];
    const found = await findTableDifference(left, right, closeness);
    return found === undefined
      ? { is: "same", allowed: closenessText(closeness) }
      : { is: "different", found };
  } catch (error) {
    // The parser throws errors of every kind at what is no parquet.
    return {
      is: "unreadable",
      because: error instanceof Unreadable ? error.message : "it is not of its format",
    };
  } finally {
    // The parser may have begun reads that it does not wait for.
    await Promise.allSettled([reading.get(one), reading.get(other)]);
  }
}

interface Table {
  readonly metadata: FileMetaData;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: number;
  /** The row before each row group, and after the last. */
  readonly bounds: readonly number[];
  read(column: string, start: number, end: number): Promise<readonly unknown[]>;
}

async function openParquet(opened: Deno.FsFile): Promise<Table> {
  const { parquetMetadataAsync, parquetRead, parquetSchema } = await import("hyparquet");
  const { size } = await opened.stat();
  const file: AsyncBuffer = {
    byteLength: size,
    slice: (start, end = size) => {
      if (end - start > chunkLimitBytes) throw new Unreadable("a column of it is too large");
      return readExclusively(opened, start, end - start).then((bytes) => bytes.buffer as ArrayBuffer);
    },
  };
  const metadata = await parquetMetadataAsync(file, { geoparquet: false });
  await checkPages(metadata, file);
  const groups = metadata.row_groups.map((group) => Number(group.num_rows));
  const bounds = groups.reduce((all, rows) => [...all, all.at(-1)! + rows], [0]);
  const compressors = await nodeCompressors();
  return {
    metadata,
    columns: parquetSchema(metadata).children.map(({ element, children }) => ({
      name: element.name,
      type: typeText(element) + (children.length === 0 ? "" : ` of ${children.length}`),
    })),
    rows: bounds.at(-1)!,
    bounds,
    async read(column, rowStart, rowEnd) {
      let values: unknown[] = [];
      await parquetRead({
        file,
        metadata,
        columns: [column],
        rowStart,
        rowEnd,
        compressors,
        geoparquet: false,
        onComplete: (rows: unknown[][]) => values = rows.map((row) => row[0]),
      });
      return values;
    },
  };
}

/** One read after the other: a file has one position. */
const reading = new WeakMap<Deno.FsFile, Promise<unknown>>();
function readExclusively(file: Deno.FsFile, start: number, count: number): Promise<Uint8Array> {
  const before = reading.get(file) ?? Promise.resolve();
  const now = before.catch(() => {}).then(() => readAt(file, start, count));
  reading.set(file, now);
  return now;
}

/** Snappy is in hyparquet itself; these are in Deno. */
async function nodeCompressors() {
  const zlib = await import("node:zlib");
  const bounded = (maxOutputLength: number) => {
    if (!(maxOutputLength >= 0 && maxOutputLength <= pageLimitBytes)) {
      throw new Unreadable("a page of it is too large");
    }
    // Zero is not taken for a limit.
    return { maxOutputLength: Math.max(1, maxOutputLength) };
  };
  return {
    GZIP: (input: Uint8Array, size: number) => new Uint8Array(zlib.gunzipSync(input, bounded(size))),
    BROTLI: (input: Uint8Array, size: number) =>
      new Uint8Array(zlib.brotliDecompressSync(input, bounded(size))),
    ZSTD: (input: Uint8Array, size: number) => new Uint8Array(zlib.zstdDecompressSync(input, bounded(size))),
  };
}

/** A page may claim any number of values, for which memory would be taken before they are read. */
async function checkPages(metadata: FileMetaData, file: AsyncBuffer): Promise<void> {
  const { parquetHeader } = await import("hyparquet/src/column.js");
  const refuseSize = (): never => {
    throw new Unreadable("a column of it is too large, or not as it says");
  };
  for (const { columns, num_rows } of metadata.row_groups) {
    if (num_rows < 0 || num_rows > valueLimit) refuseSize();
    for (const { meta_data } of columns) {
      if (meta_data === undefined) return refuseSize();
      const start = Number(meta_data.dictionary_page_offset ?? meta_data.data_page_offset);
      const length = Number(meta_data.total_compressed_size);
      const isSized = meta_data.num_values <= valueLimit && length >= 0 && length <= chunkLimitBytes;
      if (!isSized || start < 0 || start + length > file.byteLength) refuseSize();
      const reader = { view: new DataView(await file.slice(start, start + length)), offset: 0 };
      let values = 0;
      while (reader.offset < length && values < meta_data.num_values) {
        const header = parquetHeader(reader);
        const dictionary = header.dictionary_page_header?.num_values ?? 0;
        const own = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0;
        values += own;
        const page = header.uncompressed_page_size;
        if (!(page >= 0 && page <= pageLimitBytes && header.compressed_page_size >= 0)) refuseSize();
        if (own < 0 || values > meta_data.num_values || dictionary < 0 || dictionary > page) refuseSize();
        reader.offset += header.compressed_page_size;
      }
    }
  }
}

type Element = ReturnType<typeof import("hyparquet").parquetSchema>["element"];

function typeText(element: Element): string {
  const logical = element.logical_type?.type ?? element.converted_type;
  return [element.repetition_type, element.type, logical].filter((part) => part !== undefined).join(" ");
}

async function findTableDifference(
  before: Table,
  after: Table,
  closeness: Closeness,
): Promise<Found | undefined> {
  const head = columnsDifference(before, after);
  if (head !== undefined) return head;
  const bounds = [...new Set([...before.bounds, ...after.bounds])].sort((a, b) => a - b);
  const shared = Math.min(before.rows, after.rows);
  for (let index = 0; index + 1 < bounds.length && bounds[index]! < shared; index++) {
    const found = await windowDifference(before, after, bounds[index]!, bounds[index + 1]!, closeness);
    if (found !== undefined) return found;
  }
  if (before.rows === after.rows) return undefined;
  return {
    at: `row ${shared + 1}`,
    note: `${before.rows} rows -> ${after.rows} rows, the same as far as both go`,
  };
}

function columnsDifference(before: Table, after: Table): Found | undefined {
  const [names, others] = [before, after].map(({ columns }) =>
    columns.map(({ name }) => quote(name)).join(", ")
  );
  if (names !== others) return { at: "columns", note: `${names} -> ${others}` };
  const index = before.columns.findIndex(({ type }, at) => type !== after.columns[at]!.type);
  if (index < 0) return undefined;
  const { name, type } = before.columns[index]!;
  return { at: `type of column ${quote(name)}`, before: type, after: after.columns[index]!.type };
}

/** The first row of those from `start` that differs in any column. */
async function windowDifference(
  before: Table,
  after: Table,
  start: number,
  end: number,
  closeness: Closeness,
): Promise<Found | undefined> {
  let first: { readonly row: number; readonly found: Found } | undefined;
  for (const { name } of before.columns) {
    const [left, right] = [await before.read(name, start, end), await after.read(name, start, end)];
    const count = Math.min(left.length, right.length, first === undefined ? Infinity : first.row - start);
    for (let index = 0; index < count; index++) {
      if (Object.is(left[index], right[index])) continue;
      const found = findValueDifference(left[index], right[index], {
        closeness,
        at: (path) => `column ${quote(name)}${path === "" ? "" : `, ${path.replace(/^\./, "")}`}`,
      });
      if (found === undefined) continue;
      const row = start + index;
      first = { row, found: { ...found, at: `row ${row + 1}, ${found.at}` } };
      break;
    }
  }
  return first?.found;
}
