/**
 * Ends the processes of steps when ours is killed, which leaves us no time to do it: a shell in a session of its own waits
 * for the end of a pipe that nobody holds open but us. bubblewrap ends with its parent by itself, but not in the
 * moment between its start and the call that asks for that.
 */
import { signalProcess } from "../core/processes.ts";
import { openNatives } from "./native_library.ts";
import { listOf, spawnAttributes, textOf } from "./native_spawn.ts";

const closeOnExec = 0x80000;
const writeOnly = 1;
const actionsBytes = 256;

/** Whose soft RLIMIT_LOCKS begins with the digits given, and has nine more. Looks again, as they may start others. */
const script = `read -r end
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  found=$(grep -ls "^Max file locks  *$1[0-9]\\{9\\} " /proc/[0-9]*/limits)
  [ -n "$found" ] || exit 0
  for path in $found; do
    path=\${path%/limits}
    kill -9 "\${path#/proc/}"
  done
done`;

let watch: { readonly pid: number; readonly pipe: number } | undefined;

/** Begins to watch, if nobody does, over processes with these first digits in their mark. Nothing where it cannot. */
export function watchDeath(digits: string): void {
  const natives = openNatives();
  if (watch !== undefined || natives === undefined) return;
  const { library } = natives;
  const ends = new Int32Array(2);
  if (library.pipe2(ends, closeOnExec) !== 0) return;
  const [from, pipe] = [ends[0]!, ends[1]!];
  const actions = new Uint8Array(actionsBytes);
  library.posix_spawn_file_actions_init(actions);
  try {
    library.posix_spawn_file_actions_adddup2(actions, from, 0);
    for (const stream of [1, 2]) {
      library.posix_spawn_file_actions_addopen(actions, stream, textOf("/dev/null"), writeOnly, 0);
    }
    library.posix_spawn_file_actions_addchdir_np(actions, textOf("/"));
    const pid = new Int32Array(1);
    const argv = listOf(["sh", "-c", script, "sluice", digits]);
    const variables = listOf([`PATH=${Deno.env.get("PATH") ?? "/usr/bin:/bin"}`]);
    const attributes = spawnAttributes(library);
    const code = library.posix_spawn(pid, textOf("/bin/sh"), actions, attributes, argv, variables);
    if (code === 0) watch = { pid: pid[0]!, pipe };
    else library.close(pipe);
  } finally {
    library.posix_spawn_file_actions_destroy(actions);
    library.close(from);
  }
}

/** When no step is running. */
export function endDeathWatch(): void {
  const natives = openNatives();
  if (watch === undefined || natives === undefined) return;
  signalProcess(watch.pid, "SIGKILL");
  natives.library.wait4(watch.pid, new Int32Array(1), 0, null);
  natives.library.close(watch.pipe);
  watch = undefined;
}
