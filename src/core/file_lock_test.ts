import assert from "node:assert/strict";
import { lockExclusively, lockShared, tryLock } from "./file_lock.ts";

for (
  const [name, lock] of [
    ["lockShared", lockShared],
    [
      "lockExclusively",
      (cache: string, file: string, signal: AbortSignal) =>
        lockExclusively(cache, file, { signal, onWait: () => {} }),
    ],
  ] as const
) {
  Deno.test(`${name}() waits for nobody once its signal has come`, async () => {
    const cache = await Deno.makeTempDir();
    const held = tryLock(cache, "a", "exclusive");
    try {
      await assert.rejects(lock(cache, "a", AbortSignal.abort()), { name: "AbortError" });
    } finally {
      held!.release();
      await Deno.remove(cache, { recursive: true });
    }
  });
}
