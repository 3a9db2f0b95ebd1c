import assert from "node:assert/strict";
import { join } from "node:path";
import { openCache } from "../cache/cache.ts";
import { inFolder, keyFor, resultOf, writeFiles } from "../cache/test_results.ts";
import { SluiceError } from "../core/error.ts";
import { openBuffer } from "../terminal/screen_test.ts";
import { runProgram } from "./program.ts";

/** The program on a cache that holds one result, two files of 1 kB, one of them damaged on request. */
function onCache(
  work: (
    call: (...argv: string[]) => Promise<{ code: number; stdout: string; stderr: string }>,
  ) => Promise<void>,
  isDamaged = false,
): Promise<void> {
  return inFolder(async (folder) => {
    await writeFiles(join(folder, "run"), { one: "1".repeat(1000), two: "2".repeat(1000) });
    const cache = openCache({ cache: join(folder, "sluice"), clock: Date.now });
    await cache.keep(await resultOf(keyFor("step"), join(folder, "run")), join(folder, "run"));
    if (isDamaged) {
      await Deno.chmod(join(folder, "run/one"), 0o644);
      await Deno.writeTextFile(join(folder, "run/one"), "3".repeat(1000));
    }
    await work(async (...argv) => {
      const [stdout, stderr] = [openBuffer(), openBuffer()];
      const variables = { XDG_CACHE_HOME: folder };
      const code = await runProgram(["cache", ...argv], { stdout, stderr, workingFolder: folder, variables });
      return { code, stdout: stdout.text(), stderr: stderr.text() };
    });
  });
}

Deno.test("sluice cache du shows what is kept, its size, and what runs share of it", () =>
  onCache(async (call) => {
    const { code, stdout, stderr } = await call("du");
    assert.equal(code, 0);
    assert.match(stdout, /^what +count +size +shared with runs +oldest +newest$/m);
    assert.match(stdout, /^files +2 +2.0 kB +2.0 kB +.* ago +.* ago$/m);
    assert.match(stdout, /^results +1 +/m);
    assert.match(stderr, /in .*sluice\/store, of which 2.0 kB are shared with runs/);
    const { rows, sharedBytes } = JSON.parse((await call("du", "--json")).stdout);
    assert.deepEqual([rows[0].count, rows[0].sizeBytes, sharedBytes], [2, 2000, 2000]);
  }));

Deno.test("sluice cache gc says what it would remove, removes it, and then has nothing to remove", () =>
  onCache(async (call) => {
    assert.match((await call("gc")).stderr, /^Removed 0 results, 0 records and 0 files/);
    const dry = await call("gc", "--max", "0B", "--dry-run");
    assert.match(
      dry.stderr,
      /^Would remove 1 result, 0 records and 2 files \(.* kB, of which .* are freed\)/,
    );
    const { removed, freedBytes, removedBytes } = JSON.parse(
      (await call("gc", "--max", "1kB", "--json")).stdout,
    );
    assert.deepEqual([removed.length, removedBytes - freedBytes], [1, 2000]);
    assert.match((await call("gc", "--max", "0B")).stderr, /^Removed 0 results, 0 records and 0 files/);
  }));

Deno.test("sluice cache verify ends with 1 and a table where something was damaged, then with 0", () =>
  onCache(async (call) => {
    const { code, stdout, stderr } = await call("verify");
    assert.equal(code, 1);
    assert.match(stdout, /^file +[0-9a-f]{12} +its content is another/m);
    assert.match(stdout, /^result +[0-9a-f]{12} +its file `[0-9a-f]{64}` is gone/m);
    assert.match(stderr, /2 were damaged and are removed/);
    assert.deepEqual([(await call("verify")).code, (await call("verify", "--json")).code], [0, 0]);
  }, true));

for (
  const [argv, message] of [
    [["gc", "--max", "50"], "Cannot set `--max` to `50` as it must be a size such as `50GB`"],
    [
      ["gc", "--older-than", "soon"],
      "Cannot set `--older-than` to `soon` as it must be a time such as `30d`",
    ],
  ] as const
) {
  Deno.test(`sluice cache ${argv.join(" ")} is refused`, () =>
    onCache(async (call) => {
      await assert.rejects(
        call(...argv),
        (error) => error instanceof SluiceError && error.failure.message === message,
      );
    }));
}
