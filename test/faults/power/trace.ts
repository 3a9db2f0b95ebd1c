/** The calls on a disk that strace saw, from what it wrote with `-f -y -xx`. */
import { join } from "node:path";
import type { DiskCall } from "./disk.ts";

/** All that changes a file, a folder, or what of them is safe; for `strace -e trace=`. */
export const tracedCalls = [
  ...["open", "openat", "openat2", "creat", "write", "pwrite64", "writev", "pwritev", "pwritev2", "lseek"],
  ...["truncate", "ftruncate", "fallocate", "fsync", "fdatasync", "syncfs", "sync", "msync"],
  ...["rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat"],
  ...["rmdir", "mkdir", "mkdirat", "mknod", "mknodat", "copy_file_range", "sendfile", "splice", "ioctl"],
  ...["chmod", "fchmod", "fchmodat", "chdir", "fchdir", "mmap", "io_uring_setup"],
] as const;

/** Where the calls are looked for. */
export interface TracedPlaces {
  /** Absolute, without links. */
  readonly roots: readonly string[];
  /** The file that standard output went to. */
  readonly said: string;
}

/** One finished call. */
interface Line {
  readonly process: string;
  readonly name: string;
  readonly args: readonly string[];
  /** As strace prints it. */
  readonly returned: string;
}

/**
 * In the order in which they ended; what counts from its beginning (a sync, a word said) is told when it began. Throws
 * for what the disk cannot be told of: text that was cut off, a shared map of a file, a link.
 */
export function readTrace(text: string, places: TracedPlaces): DiskCall[] {
  const found: (readonly DiskCall[])[] = [];
  const begun = new Map<string, { readonly slot: number; readonly text: string }>();
  const folders = new Map<string, string>();
  let syncs = 0;
  for (const line of text.split("\n")) {
    const space = line.indexOf(" ");
    const process = line.slice(0, space);
    let call = line.slice(space).trimStart();
    if (call === "" || call.startsWith("+++") || call.startsWith("---")) continue;
    let slot: number;
    if (call.endsWith(unfinished)) {
      begun.set(process, { slot: found.push([]) - 1, text: call.slice(0, -unfinished.length) });
      continue;
    }
    if (call.startsWith("<... ")) {
      const start = begun.get(process);
      if (start === undefined) throw new Error(`an end without a beginning: ${line.slice(0, 200)}`);
      begun.delete(process);
      slot = start.slot;
      call = start.text + call.slice(call.indexOf(" resumed>") + " resumed>".length);
    } else slot = found.push([]) - 1;
    const parsed = parseLine(process, call);
    if (parsed === undefined) continue;
    const told = tell(parsed, places, folders, () => syncs++);
    if (told === undefined) continue;
    const [first, ...rest] = Array.isArray(told) ? told : [told];
    if (countsFromBeginning.has(first.is)) {
      found[slot] = [first];
      found.push(rest);
    } else found.push([first, ...rest]);
  }
  return found.flat();
}

const unfinished = " <unfinished ...>";
/** Who finds a folder made may go on before its maker is told. */
const countsFromBeginning: ReadonlySet<string> = new Set(["say", "begin-sync", "make-folder"]);

function parseLine(process: string, call: string): Line | undefined {
  const open = call.indexOf("(");
  const end = call.lastIndexOf(" = ");
  if (open < 0 || end < 0) return undefined;
  const returned = call.slice(end + 3);
  if (!/^\d/.test(returned)) return undefined;
  const text = call.slice(open + 1, end).trimEnd().slice(0, -1);
  return { process, name: call.slice(0, open), args: splitArguments(text), returned };
}

/** Text is in hex digits, so that a comma is never inside. */
const splitArguments = (text: string): string[] => text.split(", ");

type Told = DiskCall | readonly [DiskCall, ...DiskCall[]] | undefined;

function tell(line: Line, places: TracedPlaces, folders: Map<string, string>, nextSync: () => number): Told {
  const { process, name, args, returned } = line;
  const isOurs = (path: string | undefined): path is string =>
    path !== undefined && places.roots.some((root) => path === root || path.startsWith(`${root}/`));
  const refuse = (why: string): never => {
    throw new Error(`${name} ${why}: ${args.join(", ").slice(0, 300)}`);
  };
  const named = (index: number): string => {
    const path = decodeText(args[index]!);
    return path.startsWith("/") ? join(path) : join(folders.get(process) ?? refuse("of a path"), path);
  };
  /** Of a folder's descriptor and a name in it. */
  const namedIn = (index: number): string => {
    const folder = pathOf(args[index]!);
    if (args[index]!.startsWith("AT_FDCWD") && folder !== undefined) folders.set(process, folder);
    const path = decodeText(args[index + 1]!);
    return path.startsWith("/") ? join(path) : join(folder ?? refuse("of a path"), path);
  };
  const one = (path: string | undefined, told: (path: string) => Told): Told =>
    isOurs(path) ? told(path) : undefined;
  const two = (from: string, to: string, told: (from: string, to: string) => Told): Told => {
    if (isOurs(from) !== isOurs(to)) return refuse("leads in or out");
    return isOurs(from) && isOurs(to) ? told(from, to) : undefined;
  };
  const opened = (path: string, flags: string, mode: string | undefined): Told =>
    one(path, () => ({
      ...{ is: "open", path, creates: flags.includes("O_CREAT"), empties: flags.includes("O_TRUNC") },
      ...{ appends: flags.includes("O_APPEND"), writes: /O_WRONLY|O_RDWR/.test(flags) },
      isProgram: isProgram(mode ?? "0"),
    }));
  const written = (text: string, at?: number): Told => {
    const path = pathOf(args[0]!);
    const bytes = () => decode(text).subarray(0, Number.parseInt(returned));
    if (path === places.said) return { is: "say", text: new TextDecoder().decode(bytes()) };
    return one(path, (path) => ({ is: "write", path, bytes: bytes(), ...(at === undefined ? {} : { at }) }));
  };
  const synced = (path: string | undefined, isOfData: boolean): Told => {
    const sync = nextSync();
    const begin = { is: "begin-sync" as const, sync, ...(path === undefined ? {} : { path }), isOfData };
    return [begin, { is: "end-sync", sync }];
  };

  switch (name) {
    case "chdir":
      return void folders.set(process, named(0));
    case "fchdir":
      return void folders.set(process, pathOf(args[0]!) ?? "/");
    case "open":
      return opened(named(0), args[1]!, args[2]);
    case "openat":
      return opened(namedIn(0), args[2]!, args[3]);
    case "openat2": {
      const how = args.slice(2).join(", ");
      return opened(namedIn(0), how, /mode=(\d+)/.exec(how)?.[1]);
    }
    case "creat":
      return opened(named(0), "O_WRONLY|O_CREAT|O_TRUNC", args[1]);
    case "write":
      return written(args[1]!);
    case "pwrite64":
      return written(args[1]!, Number(args[3]));
    case "writev":
      return written(args.filter((each) => each.includes("iov_base=")).map(quoted).join(""));
    case "lseek":
      return one(pathOf(args[0]!), (path) => ({ is: "seek", path, at: Number.parseInt(returned) }));
    case "truncate":
      return one(named(0), (path) => ({ is: "resize", path, sizeBytes: Number(args[1]) }));
    case "ftruncate":
      return one(pathOf(args[0]!), (path) => ({ is: "resize", path, sizeBytes: Number(args[1]) }));
    case "fsync":
      return one(pathOf(args[0]!), (path) => synced(path, false));
    case "fdatasync":
      return one(pathOf(args[0]!), (path) => synced(path, true));
    case "syncfs":
    case "sync":
      return synced(undefined, false);
    case "rename":
      return two(named(0), named(1), (from, to) => ({ is: "rename", from, to }));
    case "renameat":
    case "renameat2":
      if (args[4]?.includes("EXCHANGE")) refuse("of two names");
      return two(namedIn(0), namedIn(2), (from, to) => ({ is: "rename", from, to }));
    case "link":
      return two(named(0), named(1), (from, to) => ({ is: "link", from, to }));
    case "linkat":
      return two(namedIn(0), namedIn(2), (from, to) => ({ is: "link", from, to }));
    case "unlink":
    case "rmdir":
      return one(named(0), (path) => ({ is: "remove", path }));
    case "unlinkat":
      return one(namedIn(0), (path) => ({ is: "remove", path }));
    case "mkdir":
      return one(named(0), (path) => ({ is: "make-folder", path }));
    case "mkdirat":
      return one(namedIn(0), (path) => ({ is: "make-folder", path }));
    case "chmod":
      return one(named(0), (path) => ({ is: "mark", path, isProgram: isProgram(args[1]!) }));
    case "fchmod":
      return one(pathOf(args[0]!), (path) => ({ is: "mark", path, isProgram: isProgram(args[1]!) }));
    case "fchmodat":
      return one(namedIn(0), (path) => ({ is: "mark", path, isProgram: isProgram(args[2]!) }));
    case "copy_file_range":
      return one(
        pathOf(args[2]!),
        (to) => copied(pathOf(args[0]!), to, returned) ?? refuse("from elsewhere"),
      );
    case "sendfile":
      return one(
        pathOf(args[0]!),
        (to) => copied(pathOf(args[1]!), to, returned) ?? refuse("from elsewhere"),
      );
    case "ioctl":
      return args[1]?.startsWith("FICLONE")
        ? one(pathOf(args[0]!), () => refuse("that shares bytes"))
        : undefined;
    case "mmap": {
      const [, , protection, flags, file] = args;
      const isShared = protection!.includes("PROT_WRITE") && flags!.includes("MAP_SHARED");
      return isShared ? one(pathOf(file!), () => refuse("of a file that is written by it")) : undefined;
    }
    case "symlink":
      return one(named(1), () => refuse("is not known"));
    case "symlinkat":
      return one(namedIn(1), () => refuse("is not known"));
    case "mknod":
      return one(named(0), () => refuse("is not known"));
    case "mknodat":
      return one(namedIn(0), () => refuse("is not known"));
    case "splice":
      return one(pathOf(args[2]!), () => refuse("is not known"));
    case "io_uring_setup":
      return refuse("is not known");
    default:
      return one(pathOf(args[0]!), () => refuse("is not known"));
  }
}

const copied = (from: string | undefined, to: string, returned: string): Told =>
  from === undefined ? undefined : { is: "copy", from, to, sizeBytes: Number.parseInt(returned) };

const isProgram = (mode: string): boolean => (Number.parseInt(mode, 8) & 0o111) !== 0;

/** The path that strace shows of a descriptor; undefined when it has none any more. */
function pathOf(descriptor: string): string | undefined {
  const [open, close] = [descriptor.indexOf("<"), descriptor.lastIndexOf(">")];
  if (open < 0 || close < open || descriptor.endsWith("(deleted)")) return undefined;
  return new TextDecoder().decode(decode(descriptor.slice(open + 1, close)));
}

const decodeText = (text: string): string => new TextDecoder().decode(decode(text));

const quoted = (text: string): string => /"[^"]*"(\.\.\.)?/.exec(text)?.[0] ?? "";

/** Of `"\x61\x62"` and `\x61\x62`; texts that follow each other are one. */
function decode(text: string): Uint8Array {
  if (text.endsWith("...")) throw new Error(`strace cut off ${text.slice(0, 100)}`);
  const bytes = new Uint8Array(text.length / 4);
  let count = 0;
  for (let at = text.indexOf("\\x"); at >= 0; at = text.indexOf("\\x", at)) {
    bytes[count++] = Number.parseInt(text.slice(at + 2, at + 4), 16);
    at += 4;
  }
  return bytes.subarray(0, count);
}
