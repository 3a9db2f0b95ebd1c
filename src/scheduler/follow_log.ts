/** Reads the file named in `SLUICE_LOG` while the step writes it. */
import type { LoggedParameter, Metric, Tag } from "../core/tracking.ts";
import { LogLine } from "../core/run.ts";
import { lookIfThere } from "../core/look.ts";
import { isMachineError } from "../core/system_error.ts";
import { openSpareTime, type SpareTime } from "./spare_time.ts";

/** How often the file is looked at. */
const everyMs = 100;
/** How much of it is taken at once: little at first, and while others wait for a processor. */
const pieceBytes = { least: 1 << 17, most: 1 << 20 };
/** What is longer is no line of ours; its end is left out. */
const maxLineBytes = 1 << 20;

export interface LogContent {
  readonly metrics: readonly Metric[];
  readonly parameters: readonly LoggedParameter[];
  readonly tags: readonly Tag[];
  readonly progress: number | undefined;
  /** Lines that say nothing we know, as they stand. */
  readonly unread: readonly string[];
}

/**
 * Gives what is new in the file at `path` to `take`, one batch after another, until `stop` has read the rest.
 *
 * A line counts once its end is written; at `stop` the last one counts without. A file that is not there yet is empty.
 * Until then only `spare` time is taken from the step.
 */
export function followLog(
  path: string,
  clock: () => number,
  take: (content: LogContent) => Promise<void>,
  spare: SpareTime = openSpareTime(),
): { stop(): Promise<void> } {
  let position = 0;
  let rest = new Uint8Array(0);
  let isTooLong = false;
  let failure: unknown;
  let reading = Promise.resolve();

  let size = pieceBytes.least;
  const readOnce = async (isLast: boolean) => {
    if (!isLast && !spare.isThere()) return;
    for await (const piece of readFrom(path, () => position, () => isLast ? pieceBytes.most : size)) {
      const isFree = await spare.take(() => takePiece(piece));
      size = isFree ? Math.min(2 * size, pieceBytes.most) : pieceBytes.least;
      if (!isLast && !spare.isThere()) return;
    }
    if (isLast) await takeLines(rest);
  };
  const takePiece = async ({ at, bytes }: Piece) => {
    if (at === 0) [rest, isTooLong] = [rest.slice(0, 0), false];
    position = at + bytes.length;
    const start = isTooLong ? bytes.indexOf(10) + 1 || bytes.length : 0;
    if (start > 0) isTooLong = bytes[start - 1] !== 10;
    rest = join(rest, bytes.subarray(start));
    const end = rest.lastIndexOf(10) + 1;
    await takeLines(rest.subarray(0, end));
    rest = rest.slice(end);
    if (rest.length <= maxLineBytes) return;
    await takeLines(rest);
    isTooLong = true;
    rest = rest.slice(0, 0);
  };
  const takeLines = async (bytes: Uint8Array) => {
    const lines = new TextDecoder().decode(bytes).split("\n").filter((line) => line.trim() !== "");
    if (lines.length > 0) await take(readLogLines(lines, clock()));
  };
  const timer = setInterval(() => {
    reading = reading.then(() => readOnce(false)).catch((error) => {
      // What cannot be read now, with too many files open, is read the next time.
      if (!isMachineError(error)) failure ??= error;
    });
  }, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await reading;
      if (failure === undefined) await readOnce(true);
      if (failure !== undefined) throw failure;
    },
  };
}

/** Lines of JSON to what they log. Points without a timestamp get `now`. */
export function readLogLines(lines: readonly string[], now: number): LogContent {
  const metrics: Metric[] = [];
  const parameters: LoggedParameter[] = [];
  const tags: Tag[] = [];
  const unread: string[] = [];
  let progress: number | undefined;
  for (const text of lines) {
    const value = parseJson(text);
    const point = findPoint(value, now);
    if (point !== undefined) {
      metrics.push(point);
      continue;
    }
    const line = LogLine.safeParse(value).data;
    if (line === undefined) unread.push(text);
    else if ("metric" in line) {
      const { metric: key, value, step, timestamp = now } = line;
      metrics.push({ key, value: Number(value), step, timestamp });
    } else if ("param" in line) parameters.push({ key: line.param, value: String(line.value) });
    else if ("tag" in line) tags.push({ key: line.tag, value: line.value });
    else progress = line.progress;
  }
  return { metrics, parameters, tags, progress, unread };
}

/** Undefined where it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the commonest line logs, of which there may be millions, in a tenth of the time that `LogLine` takes; else undefined. */
function findPoint(line: unknown, now: number): Metric | undefined {
  if (typeof line !== "object" || line === null) return undefined;
  const { metric: key, value, step = 0, timestamp = now } = line as Readonly<Record<string, unknown>>;
  const isPoint = typeof key === "string" && key !== "" && key.length <= 250 && Number.isFinite(value) &&
    Number.isSafeInteger(step) && Number.isSafeInteger(timestamp);
  return isPoint ? { key, value, step, timestamp } as Metric : undefined;
}

interface Piece {
  /** Where it begins in the file. */
  readonly at: number;
  /** Whoever is given it has it until he asks for the next. */
  readonly bytes: Uint8Array;
}

/**
 * From the position on, in pieces of up to `size`; from the start again when the file has become shorter. A link or
 * another thing that is not a file, put there by the step, is not followed, and what the step does not let us read is
 * empty.
 */
async function* readFrom(path: string, position: () => number, size: () => number): AsyncGenerator<Piece> {
  const look = lookIfThere(path);
  if (look?.is !== "file" || look.sizeBytes === position()) return;
  const opened = await Deno.open(path).catch(undefinedUnlessMachine);
  if (opened === undefined) return;
  using file = opened;
  let at = look.sizeBytes < position() ? 0 : position();
  await file.seek(at, Deno.SeekMode.Start);
  let buffer = new Uint8Array(Math.min(size(), look.sizeBytes - at));
  if (buffer.length === 0) return;
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    yield { at, bytes: buffer.subarray(0, count) };
    at += count;
    if (buffer.length < size()) buffer = new Uint8Array(size());
  }
}

function undefinedUnlessMachine(error: unknown): undefined {
  if (isMachineError(error)) throw error;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
