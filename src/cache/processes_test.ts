/** Many processes on one cache, and ones that are killed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { digestBytes } from "../core/digest.ts";
import { openCache } from "./cache.ts";
import { digestsPath } from "./digest_memory.ts";
import { openResultStore } from "./store.ts";
import { inFolder, keyFor } from "./test_results.ts";

const program = fileURLToPath(new URL("test_process.ts", import.meta.url));
const config = fileURLToPath(new URL("../../deno.json", import.meta.url));

function start(work: string, cache: string, folder: string, name: string): Deno.ChildProcess {
  const args = ["run", "-A", "--no-check", "--config", config, program, work, cache, folder, name];
  return new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
}

async function finish(child: Deno.ChildProcess): Promise<string> {
  const { success, stdout, stderr } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("ten processes that want one step run it once, one at a time", () =>
  inFolder(async (folder) => {
    const names = Array.from({ length: 10 }, (_, index) => `p${index}`);
    await Promise.all(names.map((name) => finish(start("lease", join(folder, "cache"), folder, name))));
    const lines = (await Deno.readTextFile(join(folder, "log"))).trimEnd().split("\n");
    const held = lines.filter((line) => !line.startsWith("ran"));
    assert.equal(lines.length - held.length, 1);
    assert.equal(held.length, 20);
    for (let index = 0; index < 20; index += 2) {
      assert.equal(held[index]!.slice(1), held[index + 1]!.slice(1));
    }
    const locks = [...Deno.readDirSync(join(folder, "cache/locks"))].map((entry) => entry.name);
    assert.deepEqual(locks.filter((name) => name.startsWith("step-")), []);
  }));

Deno.test("garbage collection beside processes that keep and restore leaves nothing wrong behind", () =>
  inFolder(async (folder) => {
    const cache = join(folder, "cache");
    const keepers = ["a", "b", "c"].map((name) => finish(start("keep", cache, folder, name)));
    const collectors = ["d", "e"].map((name) => finish(start("collect", cache, folder, name)));
    const counts = (await Promise.all(keepers)).map((text) => JSON.parse(text));
    await Promise.all(collectors);
    assert.deepEqual(counts.map((each) => [each.kept, each.wrong]), [[12, 0], [12, 0], [12, 0]]);
    const { damaged } = await openResultStore(cache, Date.now).verify();
    assert.deepEqual(damaged, []);
    assert.deepEqual([...Deno.readDirSync(join(cache, "store/parts"))], []);
  }));

Deno.test("ten processes on one memory of digests agree, and it is whole afterwards", () =>
  inFolder(async (folder) => {
    const data = join(folder, "data");
    await Deno.mkdir(data);
    const files = Array.from({ length: 8 }, (_, index) => new Uint8Array((1 << 20) + index).fill(index));
    for (const [index, bytes] of files.entries()) await Deno.writeFile(join(data, `${index}`), bytes);
    const expected = files.map((bytes, index) => `${index} ${digestBytes(bytes)}`).sort();
    const said = await Promise.all(
      Array.from(
        { length: 10 },
        (_, index) => finish(start("digest", join(folder, "cache"), data, `p${index}`)),
      ),
    );
    for (const text of said) assert.deepEqual(text.trimEnd().split("\n").sort(), expected);
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(digestsPath(join(folder, "cache")), { readOnly: true });
    assert.equal(database.prepare("SELECT count(*) AS count FROM digests").get()!["count"], files.length);
    assert.equal(database.prepare("PRAGMA integrity_check").get()!["integrity_check"], "ok");
    database.close();
  }));

Deno.test("a process killed while it keeps leaves no wrong entry, and what it left half made is collected", () =>
  inFolder(async (folder) => {
    const cache = join(folder, "cache");
    for (const [index, afterMs] of [5, 17, 31, 53].entries()) {
      const run = join(folder, `run-${index}`);
      const child = start("endless", cache, run, "k");
      // Killed a while after it kept its second, so that it is anywhere in its work.
      const reader = child.stdout.getReader();
      for (let text = ""; !/^1$/m.test(text);) {
        const { value, done } = await reader.read();
        assert.ok(!done, "it ended by itself");
        text += new TextDecoder().decode(value);
      }
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      child.kill("SIGKILL");
      await reader.cancel();
      await child.stderr.cancel();
      await child.status;
      const store = openResultStore(cache, Date.now);
      assert.deepEqual((await store.verify()).damaged, []);
      const opened = openCache({ cache, clock: Date.now });
      for (let round = 0; round < 50; round++) {
        const result = await opened.find(keyFor(`round-${round}`));
        if (result === undefined) continue;
        const to = join(folder, `again-${index}-${round}`, "artifacts");
        await Deno.mkdir(to, { recursive: true });
        assert.equal(await opened.restore(result, to), true);
        assert.equal(await opened.isIntact(result, to), true);
      }
      await store.collectGarbage({ maxBytes: 1e9 });
      assert.deepEqual([...Deno.readDirSync(join(cache, "store/parts"))], []);
    }
  }));
