/** Whatever happens to the store's files, nothing wrong is ever restored. */
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import type { StepResult } from "../core/step_result.ts";
import { openCache } from "./cache.ts";
import { openResultStore } from "./store.ts";
import { type Files, inFolder, keyFor, readAll, resultOf, writeFiles } from "./test_results.ts";

const large = new Uint8Array((1 << 20) + 17).map((_, index) => index * 13);
const runs: Readonly<Record<string, Files>> = {
  one: { "a.csv": "1,2\n", model: "m", "folder/x": "x", "folder/deep/y": "y", "folder/empty": null },
  two: { "a.csv": "3,4\n", big: large, "folder/x": "x", "run.sh": { content: "#!", isProgram: true } },
  three: { "a.csv": "1,2\n", "folder/none": null },
};

/** What may happen to a file; `other` is another file of the store. */
const harms: Readonly<Record<string, (path: string, at: number, other: string) => Promise<void> | void>> = {
  "is gone": (path) => Deno.remove(path),
  "is cut short": (path, at) => rewrite(path, (bytes) => bytes.subarray(0, at % Math.max(1, bytes.length))),
  "has a bit flipped": (path, at) =>
    rewrite(path, (bytes) => {
      if (bytes.length > 0) bytes[at % bytes.length]! ^= 1 << (at % 8);
      return bytes;
    }),
  "has bytes more": (path) => rewrite(path, (bytes) => new Uint8Array([...bytes.subarray(0, 1000), 0])),
  "has another's content": (path, _, other) => rewrite(path, () => Deno.readFileSync(other)),
  "changed places with another": (path, _, other) => {
    if (path === other) return;
    Deno.renameSync(path, `${path}.away`);
    Deno.renameSync(other, path);
    Deno.renameSync(`${path}.away`, other);
  },
  "is empty": (path) => rewrite(path, () => new Uint8Array()),
  "is a link to another": async (path, _, other) => {
    await Deno.remove(path);
    await Deno.symlink(other, path);
  },
  "may be executed or not": (path, at) => Deno.chmod(path, at % 2 === 0 ? 0o755 : 0o644),
};

/** In place, with the times it had. */
async function rewrite(path: string, change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): Promise<void> {
  const info = Deno.lstatSync(path);
  if (!info.isFile) return;
  await Deno.chmod(path, 0o644);
  await Deno.writeFile(path, change(await Deno.readFile(path)));
  await Deno.utime(path, info.atime!, info.mtime!);
}

/** Where nothing waits for a disk, if there is such a place. */
const inMemory = await Deno.stat("/dev/shm").then(() => "/dev/shm", () => undefined);

const harm = fc.record({
  what: fc.constantFrom(...Object.keys(harms)),
  victim: fc.nat(),
  other: fc.nat(),
  at: fc.nat({ max: 2 ** 21 }),
});

Deno.test("200 stores damaged at random: what is found and restored is what was made, or nothing is", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(harm, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (damages, verifies) => {
        await inFolder(async (folder) => {
          const cache = openCache({ cache: join(folder, "cache"), clock: Date.now });
          const made: Record<string, Record<string, string>> = {};
          const results: StepResult[] = [];
          for (const [name, files] of Object.entries(runs)) {
            const run = join(folder, name);
            await writeFiles(run, files);
            const result = await resultOf(keyFor(name), run);
            await cache.keep(result, run);
            made[name] = await readAll(run);
            results.push(result);
          }
          for (const { what, victim, other, at } of damages) {
            const paths = Object.keys(await readAll(join(folder, "cache/store"))).filter((path) =>
              !path.endsWith("/")
            );
            const pick = (index: number) => join(folder, "cache/store", paths[index % paths.length]!);
            await harms[what]!(pick(victim), at, pick(other));
          }
          if (verifies) await openResultStore(join(folder, "cache"), Date.now).verify();
          for (const name of Object.keys(runs)) {
            const original = results.find(({ key }) => key === keyFor(name))!;
            const result = await cache.find(keyFor(name));
            if (result !== undefined) assert.deepEqual(result, original);
            const to = join(folder, "again", name);
            await Deno.mkdir(to, { recursive: true });
            const isRestored = result !== undefined && await cache.restore(result, to);
            assert.deepEqual(await readAll(to), isRestored ? made[name] : {}, name);
            const isSame = JSON.stringify(await readAll(join(folder, name))) === JSON.stringify(made[name]);
            if (await cache.isIntact(original, join(folder, name))) {
              assert.ok(isSame, `${name} is not intact`);
            }
          }
        }, inMemory);
      },
    ),
    { numRuns: 200 },
  );
});
