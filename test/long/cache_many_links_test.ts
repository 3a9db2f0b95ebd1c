/** A file of the store that has as many names as its file system allows. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openCache } from "../../src/cache/cache.ts";
import { inFolder, keyFor, readAll, resultOf, writeFiles } from "../../src/cache/test_results.ts";

/** ext4 allows 65,000; where there is no limit near, nothing is shown. */
const mostLinks = 70_000;

Deno.test("a file with all the names it can have is copied: kept, restored and intact all the same", () =>
  inFolder(async (folder) => {
    const [run, names] = [join(folder, "run"), join(folder, "names")];
    await writeFiles(run, { out: "out", tool: { content: "out", isProgram: true } });
    await Deno.mkdir(names);
    const cache = openCache({ cache: join(folder, "cache"), clock: Date.now });
    const result = await resultOf(keyFor("step"), run);
    await cache.keep(result, run);
    try {
      for (let index = 0; index < mostLinks; index++) {
        Deno.linkSync(join(run, "out"), join(names, String(index)));
      }
    } catch (error) {
      assert.match(String(error), /Too many links/);
    }
    const again = join(folder, "again/artifacts");
    await Deno.mkdir(again, { recursive: true });
    assert.equal(await cache.restore(result, again), true);
    assert.deepEqual(await readAll(again), await readAll(run));
    assert.equal(await cache.isIntact(result, again), true);
    assert.equal(Deno.lstatSync(join(again, "out")).mode! & 0o777, 0o444);
    await writeFiles(join(folder, "third"), { out: "out" });
    const third = await resultOf(keyFor("third"), join(folder, "third"));
    await cache.keep(third, join(folder, "third"));
    assert.equal(await cache.isIntact(third, join(folder, "third")), true);
  }));
