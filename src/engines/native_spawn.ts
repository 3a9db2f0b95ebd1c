/** Starts a process by the C library's `posix_spawn`, which copies nothing of ours. */
import { signalProcess } from "../core/processes.ts";
import type { Child, ChildSpec, ChildStatus } from "./child.ts";
import { readPipe } from "./native_pipe.ts";
import { type NativeLibrary, type Natives, openNatives } from "./native_library.ts";
import { signalNumbered } from "./signal_names.ts";

const closeOnExec = 0x80000, nonBlocking = 0x800, setFlags = 4;
const memoryFileCloseOnExec = 1;
const waitNoHang = 1;
/** POSIX_SPAWN_SETSIGDEF, POSIX_SPAWN_SETSIGMASK, POSIX_SPAWN_SETSID. */
const spawnFlags = 0x04 | 0x08 | 0x80;
/** Room for what the C library keeps in its structures, with some to spare. */
const actionsBytes = 256, attributesBytes = 512, signalSetBytes = 128;
/** That of a pipe that nobody reads, which Deno ignores for itself, and two of the C library's own. */
const defaultSignals = [13, 32, 33];

let spawn: ((spec: ChildSpec) => Child) | undefined | "unknown" = "unknown";

/** Undefined where the C library has not what it takes. */
export function nativeSpawn(): ((spec: ChildSpec) => Child) | undefined {
  return spawn === "unknown" ? spawn = openSpawn() : spawn;
}

function openSpawn(): ((spec: ChildSpec) => Child) | undefined {
  const natives = openNatives();
  if (natives === undefined) return undefined;
  const attributes = spawnAttributes(natives.library);
  return (spec) => start(spec, attributes, natives);
}

/** A session of its own, and no signal held back or ignored. */
export function spawnAttributes(library: NativeLibrary): Uint8Array<ArrayBuffer> {
  const attributes = new Uint8Array(attributesBytes);
  library.posix_spawnattr_init(attributes);
  library.posix_spawnattr_setflags(attributes, spawnFlags);
  library.posix_spawnattr_setsigmask(attributes, new Uint8Array(signalSetBytes));
  const defaults = new Uint8Array(signalSetBytes);
  for (const signal of defaultSignals) defaults[(signal - 1) >> 3]! |= 1 << ((signal - 1) & 7);
  library.posix_spawnattr_setsigdefault(attributes, defaults);
  return attributes;
}

function start(
  spec: ChildSpec,
  attributes: Uint8Array<ArrayBuffer>,
  natives: Natives,
): Child {
  const { library } = natives;
  const opened: number[] = [];
  const open = (descriptor: number) => {
    if (descriptor < 0) throw new Error(noneLeft);
    opened.push(descriptor);
    return descriptor;
  };
  const openPipe = () => {
    const ends = new Int32Array(2);
    if (library.pipe2(ends, closeOnExec) !== 0) open(-1);
    const [from, into] = [open(ends[0]!), open(ends[1]!)];
    library.fcntl(from, setFlags, BigInt(nonBlocking));
    return { from, into };
  };
  const actions = new Uint8Array(actionsBytes);
  library.posix_spawn_file_actions_init(actions);
  try {
    const [stdout, stderr] = [openPipe(), openPipe()];
    if (spec.stdin === undefined) library.posix_spawn_file_actions_addopen(actions, 0, devNull, 0, 0);
    else library.posix_spawn_file_actions_adddup2(actions, open(fileWith(spec.stdin, library)), 0);
    library.posix_spawn_file_actions_adddup2(actions, stdout.into, 1);
    library.posix_spawn_file_actions_adddup2(actions, stderr.into, 2);
    // After the streams: until then one of ours may have its number.
    for (const { descriptor, path } of spec.files ?? []) {
      library.posix_spawn_file_actions_addopen(actions, descriptor, textOf(path), 0, 0);
    }
    library.posix_spawn_file_actions_addchdir_np(actions, textOf(spec.folder));
    const pid = new Int32Array(1);
    const argv = listOf([spec.program, ...spec.args]);
    const variables = listOf(Object.entries(spec.variables).map(([name, value]) => `${name}=${value}`));
    const code = library.posix_spawn(pid, textOf(spec.program), actions, attributes, argv, variables);
    if (code !== 0) throw new Error(wordsFor(code, library));
    // What it takes to see its end has room then, should these have been the last descriptors.
    for (const descriptor of opened.splice(0)) {
      if (descriptor === stdout.from || descriptor === stderr.from) opened.push(descriptor);
      else library.close(descriptor);
    }
    const child = childOf(pid[0]!, { stdout: stdout.from, stderr: stderr.from }, natives);
    opened.length = 0;
    return child;
  } finally {
    library.posix_spawn_file_actions_destroy(actions);
    opened.forEach((descriptor) => library.close(descriptor));
  }
}

/** A call through FFI tells no errno; it is EMFILE as a rule, told as Deno does. */
const noneLeft = "Too many open files, or no memory (os error 24)";

const devNull = textOf("/dev/null");

/** As C has it. */
export function textOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(`${text}\0`);
  if (bytes.indexOf(0) !== bytes.length - 1) throw new Error("a path has a byte of zero in it");
  return bytes;
}

/** C's list of texts, and after it in the same memory the texts that it points to. */
export function listOf(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(texts.map((text) => `${text}\0`).join(""));
  const listBytes = 8 * (texts.length + 1);
  const memory = new Uint8Array(listBytes + bytes.length);
  memory.set(bytes, listBytes);
  const list = new BigUint64Array(memory.buffer, 0, texts.length);
  const first = Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory));
  let at = listBytes;
  for (let index = 0; index < texts.length; index++) {
    list[index] = first + BigInt(at);
    at = memory.indexOf(0, at) + 1;
  }
  if (at !== memory.length) throw new Error("an argument or a variable has a byte of zero in it");
  return memory;
}

/** In memory, and not yet read. */
function fileWith(text: string, library: NativeLibrary): number {
  const file = library.memfd_create(textOf("stdin"), memoryFileCloseOnExec);
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; file >= 0 && at < bytes.length;) {
    const count = Number(library.pwrite(file, bytes.subarray(at), BigInt(bytes.length - at), BigInt(at)));
    if (count <= 0) {
      library.close(file);
      return -1;
    }
    at += count;
  }
  return file;
}

function wordsFor(code: number, library: NativeLibrary): string {
  const words = library.strerror(code);
  return `${
    words === null ? "the system refuses" : Deno.UnsafePointerView.getCString(words)
  } (os error ${code})`;
}

function childOf(
  pid: number,
  streams: Readonly<Record<"stdout" | "stderr", number>>,
  natives: Natives,
): Child {
  const { library, readiness } = natives;
  const end = natives.openEnd(pid);
  if (end < 0) {
    signalProcess(-pid, "SIGKILL");
    library.wait4(pid, new Int32Array(1), 0, null);
    throw new Error(noneLeft);
  }
  const status = Promise.withResolvers<ChildStatus>();
  const onEnd = () => {
    const ended = new Int32Array(1);
    if (library.wait4(pid, ended, waitNoHang, null) !== pid) return;
    readiness.forget(end);
    library.close(end);
    status.resolve(statusOf(ended[0]!));
  };
  readiness.watch(end, onEnd);
  return {
    pid,
    status: status.promise,
    read: (stream, take) => readPipe(streams[stream], take, natives),
  };
}

function statusOf(ended: number): ChildStatus {
  const signal = ended & 0x7f;
  return signal === 0
    ? { code: (ended >> 8) & 0xff, signal: null }
    : { code: 128 + signal, signal: signalNumbered(signal) ?? `signal ${signal}` };
}
