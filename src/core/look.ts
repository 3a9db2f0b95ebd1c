/**
 * What the kernel knows of a file, to the nanosecond where that can be had: statx(2) of the C library, which also takes
 * less time than Deno's own call. Deno tells times in milliseconds, and the time of change in whole seconds, in which a
 * file can be changed again with nothing to show for it.
 */
import { openCLibrary } from "./c_library.ts";
import { isMachineError } from "./system_error.ts";

/** So many take a small part of the time after which others are let in, on a disk of another machine too. */
export const looksAtOnce = 16;

/** One look at what lies at a path, no link followed. */
export interface Look {
  readonly is: "file" | "folder" | "link" | "other";
  readonly sizeBytes: number;
  readonly mode: number;
  readonly links: number;
  readonly device: number;
  readonly inode: number;
  /** Size, times, inode and device: equal as long as nobody writes to the file or puts another in its place. */
  readonly stamp: string;
  /** Milliseconds since 1970: of the last change, to the content or to anything else. */
  readonly writtenAt: number;
  readonly changedAt: number;
  /** Whether the times of `stamp` and `content` are told to the nanosecond. */
  readonly isExact: boolean;
}

/**
 * A file whose last change is so long ago cannot change with the same stamp: clocks of file systems stand still for up
 * to two seconds, and those of servers go a little wrong.
 */
const settledMs = 2000;

/** `now` in milliseconds since 1970: content that is read from then on is what the stamp stands for. */
export const isSettled = ({ writtenAt, changedAt }: Look, now: number): boolean =>
  now - Math.max(writtenAt, changedAt) >= settledMs;

/** The stamp without the time of change, which a new link or other rights move; undefined where it is not exact. */
export const contentStampOf = ({ stamp, isExact }: Look): string | undefined =>
  isExact ? stamp.slice(0, contentDigits) : undefined;

/** Undefined where nothing is, or what is there cannot be seen. */
export const findLook = (path: string): Look | undefined => calls().look(path);

/** As Deno sees it: it throws what Deno throws where nothing is. */
export const getLook = (path: string): Look => findLook(path) ?? describeInfo(Deno.lstatSync(path));

/** Looks at what lies right in one folder, which takes less than by whole paths, the deeper the less. */
export interface FolderLooks {
  /** As `getLook` of the path. */
  get(name: string): Look;
  close(): void;
}

/** It is held open until it is closed. */
export const openLooks = (folder: string): FolderLooks => calls().openLooks(folder);

/** Undefined where nothing is, or it may not be seen. Throws what Deno throws where the machine fails. */
export function lookIfThere(path: string): Look | undefined {
  try {
    return getLook(path);
  } catch (error) {
    if (isMachineError(error)) throw error;
    return undefined;
  }
}

/** The look at a file and its bytes: those of one and the same file, whatever is put in its place meanwhile. */
export interface Reading {
  readonly look: Look;
  /** Not the caller's to keep: the next reading writes over it. */
  readonly bytes: Uint8Array;
}

/**
 * Reads a regular file of up to `mostReadBytes`, no link followed. Undefined where it is none, is larger, or cannot be
 * read so: then the slower calls say why.
 */
export const findReading = (path: string): Reading | undefined => calls().read(path);

export const mostReadBytes = 1 << 18;

/** Reads files below one folder. Whatever part of a path below it is a link, nothing is found there. */
export interface Reader {
  /** Paths are relative to the folder. Undefined as for `findReading`, with `mostBytes` in the place of its own most. */
  read(path: string, mostBytes?: number): Reading | undefined;
  /** Undefined where nothing is, or it cannot be told so. */
  look(path: string): Look | undefined;
  /** The next reading opens the folder again, as another may lie there now. */
  close(): void;
}

/** Links on the way to the folder itself are followed. It is opened at the first reading, and held open. */
export const openReader = (folder: string): Reader => calls().openReader(folder);

interface Calls {
  readonly look: (path: string) => Look | undefined;
  readonly read: (path: string) => Reading | undefined;
  readonly openReader: (folder: string) => Reader;
  readonly openLooks: (folder: string) => FolderLooks;
}
let opened: Calls | undefined;
const calls = (): Calls => opened ??= open();

const atFolder = -100;
const noFollow = 0x100;
const emptyPath = 0x1000;
const basicStats = 0x7ff;
/** PATH_MAX of Linux, the closing NUL included. */
const longestPath = 4096;
/** O_CLOEXEC, O_NOFOLLOW of this processor, O_NONBLOCK: a pipe in a file's place holds nobody. */
const readOnly = 0o2000000 | (Deno.build.arch === "aarch64" ? 0o100000 : 0o400000) | 0o4000;

/** O_CLOEXEC, O_DIRECTORY of this processor. */
const folderOnly = 0o2000000 | (Deno.build.arch === "aarch64" ? 0o40000 : 0o200000);
/** The number of openat2(2), of Linux 5.6, on all processors; its flags, mode and RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH. */
const openat2 = 437;
const howTo = (flags: number) => new Uint8Array(BigUint64Array.of(BigInt(flags), 0n, 0xcn).buffer);
const toRead = howTo(readOnly);
/** O_CLOEXEC | O_PATH. */
const toLook = howTo(0o2000000 | 0o10000000);

function open(): Calls {
  const library = openCLibrary({
    statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
    open: { parameters: ["buffer", "i32"], result: "i32" },
    read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    syscall: { parameters: ["i32", "i32", "buffer", "buffer", "u32"], result: "i32" },
  });
  if (library === undefined) {
    const openReader = () => ({ read: () => undefined, look: () => undefined, close: () => {} });
    const openLooks = (folder: string) => ({
      get: (name: string) => getLook(`${folder}/${name}`),
      close: () => {},
    });
    return { look: findRoughLook, read: () => undefined, openReader, openLooks };
  }
  const encoder = new TextEncoder();
  const [name, nothing] = [new Uint8Array(longestPath), new Uint8Array(1)];
  const room = name.subarray(0, longestPath - 1);
  const bytes = new Uint8Array(256);
  const words = new Uint32Array(bytes.buffer);
  let content: Uint8Array | undefined;
  const nameIt = (path: string): boolean => {
    const { read, written } = encoder.encodeInto(path, room);
    name[written] = 0;
    return read === path.length && !path.includes("\0");
  };
  const readAll = (file: number, mostBytes: number): Reading | undefined => {
    if (library.statx(file, nothing, emptyPath, basicStats, bytes) !== 0) return undefined;
    const look = readStatx(words);
    if (look.is !== "file" || look.sizeBytes > mostBytes) return undefined;
    // One byte more shows the end of a file that did not grow.
    const room = look.sizeBytes > mostReadBytes
      ? new Uint8Array(look.sizeBytes + 1)
      : content ??= new Uint8Array(mostReadBytes + 1);
    for (let done = 0;;) {
      const count = library.read(file, room.subarray(done), room.length - done);
      if (count < 0 || done + count === room.length) return undefined;
      if (count === 0) return { look, bytes: room.subarray(0, done) };
      done += count;
    }
  };
  const readOf = (file: number, mostBytes = mostReadBytes): Reading | undefined => {
    if (file < 0) return undefined;
    try {
      return readAll(file, mostBytes);
    } finally {
      library.close(file);
    }
  };
  const openReader = (folder: string): Reader => {
    let descriptor: number | undefined;
    const openBelow = (path: string, how: Uint8Array): number => {
      descriptor ??= nameIt(folder) ? library.open(name, folderOnly) : -1;
      return nameIt(path) ? library.syscall(openat2, descriptor, name, how, how.length) : -1;
    };
    return {
      read: (path, mostBytes) => readOf(openBelow(path, toRead), mostBytes),
      look(path) {
        const file = openBelow(path, toLook);
        if (file < 0) return undefined;
        const isSeen = library.statx(file, nothing, emptyPath, basicStats, bytes) === 0;
        library.close(file);
        return isSeen ? readStatx(words) : undefined;
      },
      close() {
        if (descriptor !== undefined && descriptor >= 0) library.close(descriptor);
        descriptor = undefined;
      },
    };
  };
  return {
    look: (path) =>
      nameIt(path) && library.statx(atFolder, name, noFollow, basicStats, bytes) === 0
        ? readStatx(words)
        : undefined,
    read: (path) => readOf(nameIt(path) ? library.open(name, readOnly) : -1),
    openReader,
    openLooks(folder) {
      const descriptor = nameIt(folder) ? library.open(name, folderOnly) : -1;
      return {
        get: (entry) =>
          descriptor >= 0 && nameIt(entry) &&
            library.statx(descriptor, name, noFollow, basicStats, bytes) === 0
            ? readStatx(words)
            : getLook(`${folder}/${entry}`),
        close() {
          if (descriptor >= 0) library.close(descriptor);
        },
      };
    },
  };
}

const stampBytes = new Uint8Array(48);
const stampWords = new Uint32Array(stampBytes.buffer);
/** Size, inode, device, times of content and of change, as words of `struct statx`. */
const stampPlaces = [10, 11, 8, 9, 34, 35, 28, 29, 30, 24, 25, 26];
/** Size, inode, device, time of content; the time of change comes after these. */
const contentDigits = 2 * 36;

/** `struct statx` of linux/stat.h; numbers are of the machine's own order, which is little-endian wherever Deno runs. */
function readStatx(words: Uint32Array): Look {
  const mode = words[7]! & 0xffff;
  const sizeBytes = words[10]! + words[11]! * 2 ** 32;
  for (let at = 0; at < stampPlaces.length; at++) stampWords[at] = words[stampPlaces[at]!]!;
  return {
    is: kindOf(mode),
    sizeBytes,
    mode,
    links: words[4]!,
    device: deviceNumber(words[34]!, words[35]!),
    inode: words[8]! + words[9]! * 2 ** 32,
    // As digits, since to print the numbers would take as long as the call.
    stamp: stampBytes.toHex(),
    writtenAt: millisecondsOf(words, 28),
    changedAt: millisecondsOf(words, 24),
    isExact: true,
  };
}

/** Seconds of 64 bits with a sign, and nanoseconds. */
const millisecondsOf = (words: Uint32Array, at: number): number =>
  ((words[at + 1]! | 0) * 2 ** 32 + words[at]!) * 1000 + words[at + 2]! / 1e6;

function kindOf(mode: number): Look["is"] {
  switch (mode & 0o170000) {
    case 0o100000:
      return "file";
    case 0o040000:
      return "folder";
    case 0o120000:
      return "link";
    default:
      return "other";
  }
}

/** As the C library makes one number of the two, and Deno tells it. */
const deviceNumber = (major: number, minor: number): number =>
  (major & 0xfff) * 2 ** 8 + (minor & 0xff) + (minor >>> 8) * 2 ** 20 + (major >>> 12) * 2 ** 44;

function findRoughLook(path: string): Look | undefined {
  try {
    return describeInfo(Deno.lstatSync(path));
  } catch {
    return undefined;
  }
}

function describeInfo(info: Deno.FileInfo): Look {
  const { size, mode, nlink, ino, dev, mtime, ctime } = info;
  const [writtenAt, changedAt] = [mtime?.getTime() ?? Infinity, ctime?.getTime() ?? Infinity];
  return {
    is: info.isFile ? "file" : info.isDirectory ? "folder" : info.isSymlink ? "link" : "other",
    ...{ sizeBytes: size, mode: mode ?? 0, links: nlink ?? 1, device: dev, inode: ino ?? 0 },
    ...{ stamp: [size, writtenAt, ino, dev, changedAt].join(" "), writtenAt, changedAt, isExact: false },
  };
}
