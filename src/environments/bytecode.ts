/**
 * Python's compiled bytecode of an environment: `<store>/bytecode/<id>/`, apart from the environment, which stays as it
 * was made. Steps only read it. It is filled by the interpreter's own compiler, on all cores, at a low priority.
 */
import { join } from "node:path";
import { isMachineError, isNotWritable } from "../core/system_error.ts";
import type { Surroundings } from "./provider.ts";

export const bytecodeRoot = (store: string): string => join(store, "bytecode");

/** What Python is started with. Its bytecode lies beside the environment, which stays as it was made: a step only reads it. */
export const pythonVariables = (bytecode: string): Record<string, string> => ({
  PYTHONUNBUFFERED: "1",
  PYTHONNOUSERSITE: "1",
  PYTHONPYCACHEPREFIX: bytecode,
  PYTHONDONTWRITEBYTECODE: "1",
});

/** Held alone while a folder is filled or removed. */
export const bytecodeLock = (hex: string): string => `bytecode-${hex}`;

/**
 * Says that the folder is ours, and how far it is: `filling` or `complete`. Folders of older versions were filled by
 * steps, which may have written anything, and have none.
 */
const stateName = "state";

/** Makes the folder unless it is there. Undefined where it cannot be made: Python then compiles in memory. */
export function ensureBytecodeFolder(folder: string): "filling" | "complete" | undefined {
  const state = readState(folder);
  if (state !== undefined) return state;
  const id = crypto.randomUUID();
  const temporary = `${folder}.${id}`;
  try {
    Deno.mkdirSync(temporary, { recursive: true });
    Deno.writeTextFileSync(join(temporary, stateName), "filling\n");
    // A name that garbage collection knows for a leftover.
    renameIfThere(folder, `${folder}.old-${id}`);
    Deno.renameSync(temporary, folder);
    return "filling";
  } catch (error) {
    removeQuietly(temporary);
    const meanwhile = readState(folder);
    if (meanwhile !== undefined || isNotWritable(error) || isMachineError(error)) return meanwhile;
    throw error;
  }
}

/** Of an environment that was made again: its files may be others, of the same size and time. */
export async function forgetBytecode(folder: string): Promise<void> {
  const away = `${folder}.old-${crypto.randomUUID()}`;
  try {
    renameIfThere(folder, away);
    await Deno.remove(away, { recursive: true });
  } catch {
    // There was none; or it cannot be removed, and garbage collection tries again.
  }
}

function readState(folder: string): "filling" | "complete" | undefined {
  try {
    return Deno.readTextFileSync(join(folder, stateName)) === "complete\n" ? "complete" : "filling";
  } catch {
    return undefined;
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function removeQuietly(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch {
    // It was never made, or has its place by now.
  }
}

export interface Filling {
  /** When it has ended, however that was. */
  readonly ended: Promise<void>;
  /** Ends it at once: each file is there whole or not at all, and the next start goes on. */
  stop(): void;
}

/**
 * Fills the folder in processes that end with this one. Where another process fills it, or
 * the interpreter does not start, nothing happens.
 */
export function startFilling(environment: string, hex: string, { store }: Surroundings): Filling | undefined {
  const folder = join(bytecodeRoot(store), hex);
  const told = [folder, environment, join(store, "locks", bytecodeLock(hex)), String(Deno.pid)];
  try {
    const child = new Deno.Command(join(environment, "bin", "python"), {
      // Neither `site` nor `.pth` files: nothing of a package may run.
      args: ["-I", "-S", "-X", `pycache_prefix=${folder}`, "-c", filler, ...told],
      clearEnv: true,
      cwd: "/",
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    child.unref();
    return {
      ended: child.status.then(() => {}),
      stop() {
        // Its end is waited for.
        child.ref();
        try {
          child.kill("SIGKILL");
        } catch {
          // It has ended.
        }
      },
    };
  } catch {
    return undefined;
  }
}

/**
 * The standard library comes first: with a prefix, Python looks for its bytecode nowhere else. What lies compiled
 * beside it is copied when it is of that very source file.
 */
const filler = `
import fcntl, os, sys
folder, environment, lock, parent = sys.argv[1:]
os.nice(10)
held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
try: fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError: sys.exit()
state = os.path.join(folder, "state")
if not os.path.exists(state) or open(state).read() == "complete\\n": sys.exit()
import compileall, re, struct
from importlib.util import MAGIC_NUMBER, cache_from_source
tag = sys.implementation.cache_tag
unwanted = re.compile(r"^(tests?|idlelib|idle_test|lib2to3|turtledemo|ensurepip|site-packages|dist-packages|__pycache__)$")

def take(source, target):
    ready = os.path.join(os.path.dirname(source), "__pycache__", os.path.basename(source)[:-3] + "." + tag + ".pyc")
    try:
        with open(ready, "rb") as file: content = file.read()
        info = os.stat(source)
    except OSError: return False
    if content[:4] != MAGIC_NUMBER: return False
    flags, time, size = struct.unpack("<III", content[4:16])
    if flags == 0 and (time, size) != (int(info.st_mtime) & 0xFFFFFFFF, info.st_size & 0xFFFFFFFF): return False
    if flags == 3: return False
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target + ".part", "wb") as file: file.write(content)
    os.replace(target + ".part", target)
    return True

def sources(root):
    for place, folders, files in os.walk(root):
        folders[:] = [one for one in folders if not unwanted.match(one)]
        for name in files:
            if name.endswith(".py"): yield os.path.join(place, name)

def fill(paths, takes, parent):
    for source in paths:
        if os.getppid() != parent: os._exit(1)
        target = cache_from_source(source)
        if takes and (os.path.exists(target) or take(source, target)): continue
        try: compileall.compile_file(source, quiet=2)
        except Exception: pass

fill(sources(os.path.dirname(os.__file__)), True, int(parent))
library = os.path.join(environment, "lib")
paths = [path for name in sorted(os.listdir(library)) for path in sources(os.path.join(library, name, "site-packages"))]
workers = min(os.cpu_count() or 1, 8, len(paths) // 100)
main = os.getpid()
try:
    import ctypes
    end_with_parent = lambda: ctypes.CDLL(None).prctl(1, 9)
except Exception: end_with_parent = lambda: None
for worker in range(workers):
    if os.fork() == 0:
        end_with_parent()
        fill(paths[worker::workers], False, main)
        os._exit(0)
isWhole = True
for _ in range(workers): isWhole = os.wait()[1] == 0 and isWhole
if os.getppid() != int(parent) or not isWhole: sys.exit()
if workers == 0: fill(paths, False, int(parent))
with open(state + ".part", "w") as file: file.write("complete\\n")
if os.path.exists(state): os.replace(state + ".part", state)
`;
