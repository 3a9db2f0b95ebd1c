/**
 * What the kernel knows of a file, to the nanosecond: statx(2) of the C library. Deno tells a file's time of change in
 * whole seconds, in which a file can be changed again with nothing to show for it.
 */
import { openCLibrary } from "../core/c_library.ts";

export interface ExactStat {
  readonly isFile: boolean;
  readonly sizeBytes: number;
  readonly mode: number;
  readonly links: number;
  readonly device: string;
  readonly inode: string;
  /** Size, times, inode and device: equal as long as nobody wrote to the file. */
  readonly stamp: string;
  /** The same without the time of change, which a new link moves. */
  readonly content: string;
}

/** Undefined where nothing is, or nothing can be said exactly: another system, or a program that may not load libraries. */
export type FindExactStat = (path: string) => ExactStat | undefined;

let opened: FindExactStat | undefined;

export const findExactStat: FindExactStat = (path) => (opened ??= open())(path);

const atFolder = -100;
const noFollow = 0x100;
const basicStats = 0x7ff;

function open(): FindExactStat {
  const library = openCLibrary({
    statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  });
  if (library === undefined) return () => undefined;
  const encoder = new TextEncoder();
  const bytes = new Uint8Array(256);
  const view = new DataView(bytes.buffer);
  return (path) => {
    if (path.includes("\0")) return undefined;
    if (library.statx(atFolder, encoder.encode(`${path}\0`), noFollow, basicStats, bytes) !== 0) {
      return undefined;
    }
    return readStatx(view);
  };
}

/** `struct statx` of linux/stat.h; numbers are of the machine's own order, which is little-endian wherever Deno runs. */
function readStatx(view: DataView): ExactStat {
  const time = (at: number) => `${view.getBigInt64(at, true)}.${view.getUint32(at + 8, true)}`;
  const mode = view.getUint16(28, true);
  const inode = String(view.getBigUint64(32, true));
  const sizeBytes = Number(view.getBigUint64(40, true));
  const device = `${view.getUint32(136, true)}:${view.getUint32(140, true)}`;
  const content = `${sizeBytes} ${time(112)} ${inode} ${device}`;
  return {
    isFile: (mode & 0o170000) === 0o100000,
    links: view.getUint32(16, true),
    stamp: `${content} ${time(96)}`,
    ...{ sizeBytes, mode, device, inode, content },
  };
}
