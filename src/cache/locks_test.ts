import assert from "node:assert/strict";
import fc from "fast-check";
import type { HeldLock } from "../core/file_lock.ts";
import { haveStoreAlone, openSharing, tryHaveStoreAlone } from "./locks.ts";
import { inFolder } from "./test_results.ts";

const soon = () => AbortSignal.timeout(5000);

Deno.test("openSharing() keeps the store shared from the first user to the last, and a little longer", () =>
  inFolder(async (cache) => {
    const sharing = openSharing(cache);
    const [one, other] = await Promise.all([sharing.share(), sharing.share()]);
    one.release();
    assert.equal(tryHaveStoreAlone(cache), undefined);
    const third = await sharing.share();
    other.release();
    assert.equal(tryHaveStoreAlone(cache), undefined);
    third.release();
    (await haveStoreAlone(cache, soon())).release();
    await sharing.close();
  }));

Deno.test("openSharing() lets go of what nobody uses when it is closed", () =>
  inFolder(async (cache) => {
    const sharing = openSharing(cache);
    (await sharing.share()).release();
    const used = await sharing.share();
    await sharing.close();
    assert.equal(tryHaveStoreAlone(cache), undefined);
    used.release();
    const alone = tryHaveStoreAlone(cache);
    assert.notEqual(alone, undefined);
    alone!.release();
  }));

Deno.test("who wants the store alone gets it, however many share it one after the other", () =>
  inFolder(async (cache) => {
    const sharing = openSharing(cache);
    let isOver = false;
    const users = Array.from({ length: 3 }, async () => {
      while (!isOver) {
        const held = await sharing.share();
        await pause(7);
        held.release();
      }
    });
    const alone = await haveStoreAlone(cache, soon());
    isOver = true;
    alone.release();
    await Promise.all(users);
    await sharing.close();
  }));

Deno.test("nothing of the store stays shared, in whatever order it was shared and let go of", () =>
  inFolder(async (cache) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("share", "release", "turn", "pause"), { maxLength: 30 }),
        async (acts) => {
          const sharing = openSharing(cache);
          const sharings: Promise<HeldLock>[] = [];
          for (const act of acts) {
            if (act === "share") sharings.push(sharing.share());
            if (act === "release") (await sharings.shift())?.release();
            if (act === "turn") await Promise.resolve();
            if (act === "pause") await pause(1);
          }
          for (const each of sharings) (await each).release();
          await sharing.close();
          const alone = tryHaveStoreAlone(cache);
          assert.notEqual(alone, undefined, "somebody still shares it");
          alone!.release();
        },
      ),
    );
  }));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
