/** One of several processes on one cache, for tests: `test_process.ts WORK CACHE FOLDER NAME`. */
import { join } from "node:path";
import { openCache } from "./cache.ts";
import { openFileDigests } from "./file_digests.ts";
import { openResultStore } from "./store.ts";
import { keyFor, resultOf, writeFiles } from "./test_results.ts";
import { getLook } from "../core/look.ts";

const [work, cacheFolder, folder, name] = Deno.args as [string, string, string, string];
const cache = openCache({ cache: cacheFolder, clock: Date.now });

/** The same files for the same name. */
const filesOf = (name: string) => ({
  ...Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`many/${index}`, `${name} ${index % 30}`])),
  large: new Uint8Array((1 << 20) + 1).fill(name.length),
  shared: "shared by all",
});

async function keepOne(name: string, run: string): Promise<void> {
  await writeFiles(run, filesOf(name));
  await cache.keep(await resultOf(keyFor(name), run), run);
}

const works: Record<string, () => Promise<void>> = {
  /** Appends `+NAME` and `-NAME` to a file while it holds the lease; keeps the result when it is the first. */
  async lease() {
    const held = await cache.lease(keyFor("leased"), {
      signal: new AbortController().signal,
      onWait: () => {},
    });
    const log = join(folder, "log");
    await Deno.writeTextFile(log, `+${name}\n`, { append: true });
    const found = await cache.find(keyFor("leased"));
    const run = join(folder, name, "artifacts");
    if (found === undefined) {
      await Deno.writeTextFile(log, `ran ${name}\n`, { append: true });
      await keepOne("leased", run);
    } else {
      await Deno.mkdir(run, { recursive: true });
      if (!await cache.restore(found, run)) throw new Error("it was not restored");
    }
    await Deno.writeTextFile(log, `-${name}\n`, { append: true });
    held.release();
  },
  /** Keeps and restores results of changing names; each that was just kept and not restored is counted. */
  async keep() {
    const counts = { kept: 0, lost: 0, wrong: 0 };
    for (let round = 0; round < 12; round++) {
      const each = `shared-${round % 4}`;
      await keepOne(each, join(folder, name, `${round}`, "artifacts"));
      counts.kept++;
      const to = join(folder, name, `${round}-again`, "artifacts");
      await Deno.mkdir(to, { recursive: true });
      const found = await cache.find(keyFor(each));
      if (found === undefined || !await cache.restore(found, to)) counts.lost++;
      else if (!await cache.isIntact(found, to)) counts.wrong++;
    }
    console.log(JSON.stringify(counts));
  },
  async collect() {
    const store = openResultStore(cacheFolder, Date.now);
    for (let round = 0; round < 12; round++) {
      await store.collectGarbage({ maxBytes: round % 2 === 0 ? 0 : 1e6 });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  },
  async digest() {
    const digests = openFileDigests({ cache: cacheFolder, clock: () => Date.now() + 1e11 });
    for (const entry of Deno.readDirSync(folder)) {
      const path = join(folder, entry.name);
      console.log(entry.name, await digests.digest(path, getLook(path)));
    }
    await digests.close();
  },
  /** Keeps again and again, until it is killed. */
  async endless() {
    for (let round = 0;; round++) {
      await keepOne(`round-${round}`, join(folder, `${round}`, "artifacts"));
      console.log(round);
    }
  },
};

await works[work]!();
