import assert from "node:assert/strict";
import { join } from "node:path";
import { openCache } from "./cache.ts";
import { leaseName, shareStore } from "./locks.ts";
import { inFolder, keyFor } from "./test_results.ts";

const never = { signal: new AbortController().signal, onWait: () => {} };

Deno.test("what killed processes left half made goes with their locks, and what is in use stays", () =>
  inFolder(async (folder) => {
    const root = join(folder, "cache");
    const [parts, locks] = [join(root, "store/parts"), join(root, "locks")];
    const cache = openCache({ cache: root, clock: Date.now });
    const names = (of: string) => [...Deno.readDirSync(of)].map(({ name }) => name).sort();
    Deno.mkdirSync(parts, { recursive: true });
    Deno.mkdirSync(locks, { recursive: true });
    Deno.writeTextFileSync(join(parts, crypto.randomUUID()), "half");
    const dead = join(locks, leaseName(keyFor("dead")));
    Deno.writeTextFileSync(dead, "");
    const held = await cache.lease(keyFor("alive"), never);

    const shared = await shareStore(root);
    await cache.clearLeftovers();
    assert.equal(names(parts).length, 1);
    shared.release();
    await cache.clearLeftovers();
    assert.deepEqual(names(parts), []);
    assert.deepEqual(names(locks).filter((name) => name.startsWith("step-")), [leaseName(keyFor("alive"))]);
    held.release();
  }));

Deno.test("where there is no cache yet nothing is made to clear it", () =>
  inFolder(async (folder) => {
    await openCache({ cache: join(folder, "cache"), clock: Date.now }).clearLeftovers();
    await assert.rejects(Deno.lstat(join(folder, "cache")), Deno.errors.NotFound);
  }));
