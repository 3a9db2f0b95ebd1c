import assert from "node:assert/strict";
import { join } from "node:path";
import { rememberReading } from "./remember_reading.ts";

Deno.test("a reading is remembered by all that was read, and an entry that is not whole is read anew", async () => {
  const cache = await Deno.makeTempDir();
  try {
    let reads = 0;
    const read = (given: unknown) => rememberReading(cache, given, () => Promise.resolve({ reads: ++reads }));
    assert.deepEqual(await read({ text: "a" }), { reads: 1 });
    assert.deepEqual(await read({ text: "a" }), { reads: 1 });
    assert.deepEqual(await read({ text: "b" }), { reads: 2 });
    const folder = join(cache, "mlprojects", "read");
    for await (const { name } of Deno.readDir(folder)) {
      const text = await Deno.readTextFile(join(folder, name));
      await Deno.writeTextFile(join(folder, name), text.replace('{"reads":', '{"reads":1'));
    }
    assert.deepEqual(await read({ text: "a" }), { reads: 3 });
    assert.deepEqual(await read({ text: "a" }), { reads: 3 });
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});

Deno.test("what is refused is not remembered, and without a cache all is read", async () => {
  const cache = await Deno.makeTempDir();
  try {
    await assert.rejects(rememberReading(cache, 1, () => Promise.reject(new Error("refused"))));
    assert.equal(await rememberReading(cache, 1, () => Promise.resolve("read")), "read");
    let reads = 0;
    for (let round = 0; round < 2; round++) {
      await rememberReading(undefined, 1, () => Promise.resolve(++reads));
    }
    assert.equal(reads, 2);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});
