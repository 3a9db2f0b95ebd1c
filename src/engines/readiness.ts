/** Waits, with one thread for all of them, until descriptors of ours can be read. Linux, by way of the C library. */
import { openCLibrary } from "../core/c_library.ts";

export interface Readiness {
  /** Calls `onReadable` whenever there is something to read, or an end, until `forget`. It may find nothing. */
  watch(descriptor: number, onReadable: () => void): void;
  /** Before the descriptor is closed. */
  forget(descriptor: number): void;
}

const closeOnExec = 0x80000, nonBlocking = 0x800;
const add = 1, remove = 2, readable = 1;
const mostEvents = 64;
/** struct epoll_event: the events, then our own number; only on x86 without a gap. */
const [eventBytes, numberAt] = Deno.build.arch === "x86_64" ? [12, 4] : [16, 8];

/** Undefined where the C library has not what it takes. */
export function openReadiness(): Readiness | undefined {
  const library = openCLibrary({
    epoll_create1: { parameters: ["i32"], result: "i32" },
    epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
    look: { name: "epoll_wait", parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
    wait: {
      name: "epoll_wait",
      parameters: ["i32", "buffer", "i32", "i32"],
      result: "i32",
      nonblocking: true,
    },
    eventfd: { parameters: ["u32", "i32"], result: "i32" },
    eventfd_write: { parameters: ["i32", "u64"], result: "i32" },
    eventfd_read: { parameters: ["i32", "buffer"], result: "i32" },
  });
  if (library === undefined) return undefined;
  const epoll = library.epoll_create1(closeOnExec);
  const bell = library.eventfd(0, closeOnExec | nonBlocking);
  const handlers = new Map<number, () => void>();
  const events = new Uint8Array(mostEvents * eventBytes), view = new DataView(events.buffer);
  const control = (what: number, descriptor: number) => {
    const event = new DataView(new ArrayBuffer(eventBytes));
    event.setUint32(0, readable, true);
    event.setInt32(numberAt, descriptor, true);
    return library.epoll_ctl(epoll, what, descriptor, new Uint8Array(event.buffer));
  };
  if (epoll < 0 || bell < 0 || control(add, bell) !== 0) return undefined;

  const tell = (count: number) => {
    for (let index = 0; index < count; index++) {
      const descriptor = view.getInt32(index * eventBytes + numberAt, true);
      if (descriptor === bell) library.eventfd_read(bell, new BigUint64Array(1));
      handlers.get(descriptor)?.();
    }
    return count > 0;
  };
  let isRunning = false, isWaiting = false;
  const run = async () => {
    isRunning = true;
    while (handlers.size > 0) {
      isWaiting = true;
      const count = await library.wait(epoll, events, mostEvents, -1);
      isWaiting = false;
      tell(count);
      // What came meanwhile costs no thread; more of it waits its turn, so that timers have theirs.
      await Promise.resolve();
      tell(library.look(epoll, events, mostEvents, 0));
    }
    isRunning = false;
  };
  return {
    watch(descriptor, onReadable) {
      if (control(add, descriptor) !== 0) throw new Error("the kernel watches no more descriptors");
      handlers.set(descriptor, onReadable);
      if (!isRunning) run();
    },
    forget(descriptor) {
      // A child that has not closed its copies yet would have the kernel go on telling of a closed one.
      control(remove, descriptor);
      handlers.delete(descriptor);
      if (handlers.size === 0 && isWaiting) library.eventfd_write(bell, 1n);
    },
  };
}
