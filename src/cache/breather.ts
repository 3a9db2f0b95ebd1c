/** Lets the event loop go on where a long row of system calls would hold it. */

const longMs = 10;

/** Gives a function to await between two calls; it waits when the last wait is a while ago. */
export function openBreather(): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < longMs) return undefined;
    return new Promise((resolve) =>
      setTimeout(() => {
        last = performance.now();
        resolve();
      })
    );
  };
}
