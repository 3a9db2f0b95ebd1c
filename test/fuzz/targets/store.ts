/** What sluice keeps on disk and reads again: plans, results, records, digests, notes, trackers. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openCache } from "../../../src/cache/cache.ts";
import { openDigestMemory } from "../../../src/cache/digest_memory.ts";
import { isSealed, sealEntry } from "../../../src/cache/entries.ts";
import { openPlaces } from "../../../src/cache/places.ts";
import { openResultStore } from "../../../src/cache/store.ts";
import { installedPackages } from "../../../src/compose/installed_packages.ts";
import { listSources } from "../../../src/compose/list_sources.ts";
import { findGitCommit } from "../../../src/compose/git_checkout.ts";
import { readRecordedPlan } from "../../../src/compose/verify_plan.ts";
import { canonicalJson } from "../../../src/core/canonical_json.ts";
import { type Digest, digestBytes } from "../../../src/core/digest.ts";
import { Plan } from "../../../src/core/plan.ts";
import { planArtifact } from "../../../src/scheduler/execute.ts";
import { openSqliteTracker } from "../../../src/tracker/sqlite_tracker.ts";
import { golden } from "../../golden.ts";
import { anyTarget, type Target } from "../target.ts";

const plan: Target<string> = {
  name: "plan.json",
  weight: 0.3,
  async open(folder) {
    const tracker = await openSqliteTracker(join(folder, "mlflow.db"), { create: true, clock: Date.now });
    const { id: experimentId } = await tracker.createExperiment("fuzz");
    const info = await tracker.createRun({ experimentId, name: "r", user: "u", startedAt: 1, tags: [] });
    const run = await tracker.getRun(info.id);
    const path = join(tracker.artifacts.localFolder(info.artifactUri)!, planArtifact);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    return {
      samples: [await golden("plan.json")],
      async run(text) {
        await Deno.writeTextFile(path, text);
        const read = await readRecordedPlan(tracker, run);
        assert.equal(canonicalJson(Plan.parse(JSON.parse(canonicalJson(read)))), canonicalJson(read));
      },
      close: () => tracker.close(),
    };
  },
};

const key = digestBytes("a key");

/** As it is, and sealed anew where it is JSON: whoever can write the store can seal as well. */
const entry = (folder: "records" | "results", name: string): Target<string> => ({
  name,
  weight: 0.3,
  async open(place) {
    const cache = join(place, "cache");
    const places = openPlaces(cache);
    places.make(folder, key.slice("sha256:".length));
    const path = places.entry(folder, key);
    const outside = join(place, "outside");
    await Deno.mkdir(outside);
    return {
      samples: [await golden(name)],
      async run(text) {
        const sealed = reseal(text);
        await Deno.writeTextFile(path, sealed);
        const opened = openCache({ cache, clock: Date.now });
        try {
          const found = folder === "results" ? opened.peek(key) : await opened.findRecord(key);
          if (found === undefined) return;
          assert.ok(isSealed(sealed));
          if (!("outputs" in found)) return;
          await opened.restore(found, outside);
          assert.deepEqual([...Deno.readDirSync(outside)], [], "it is restored without the files it names");
        } finally {
          await opened.close();
          await openResultStore(cache, Date.now).verify();
        }
      },
    };
  },
});

function reseal(text: string): string {
  try {
    const { seal: _, ...value } = JSON.parse(text);
    return sealEntry(value);
  } catch {
    return text;
  }
}

/** Whatever the database holds: nothing wrong is remembered, and what is put is there afterwards, or nothing is. */
const digests: Target<Uint8Array> = {
  name: "digests.sqlite",
  weight: 0.03,
  async open(folder) {
    const path = join(folder, "store/digests.sqlite");
    await Deno.mkdir(join(folder, "store"));
    const sample = await databaseOf(path, async () => {
      const memory = openDigestMemory(folder, Date.now);
      for (const name of ["/a", "/b", "/c"]) memory.put(name, "stamp", digestBytes(name));
      await memory.flush();
      memory.close();
    });
    return {
      samples: [sample],
      async run(bytes) {
        await removeDatabase(path);
        await Deno.writeFile(path, bytes);
        const memory = openDigestMemory(folder, Date.now);
        const found = memory.find("/a", "stamp");
        assert.ok(found === undefined || found === digestBytes("/a"));
        memory.put("/d", "stamp", digestBytes("/d") as Digest);
        await memory.flush();
        memory.close();
      },
    };
  },
};

const tracker: Target<Uint8Array> = {
  name: "mlflow.db",
  weight: 0.01,
  async open(folder) {
    const path = join(folder, "mlflow.db");
    const open = (create: boolean) => openSqliteTracker(path, { create, clock: Date.now });
    const sample = await databaseOf(path, async () => {
      const made = await open(true);
      const { id: experimentId } = await made.createExperiment("fuzz");
      const { id } = await made.createRun({ experimentId, name: "r", user: "u", startedAt: 1, tags: [] });
      await made.logBatch(id, {
        metrics: [{ key: "m", value: 1, step: 0, timestamp: 1 }],
        tags: [{ key: "t", value: "v" }],
      });
      await made.close();
    });
    return {
      samples: [sample],
      async run(bytes) {
        await removeDatabase(path);
        await Deno.writeFile(path, bytes);
        const opened = await open(false);
        try {
          const experimentIds = (await opened.listExperiments()).map(({ id }) => id);
          for (const { info } of await opened.searchRuns({ experimentIds, limit: 10 })) {
            await opened.getMetricHistory(info.id, "m");
            await opened.logBatch(info.id, { metrics: [{ key: "m", value: 2, step: 1, timestamp: 2 }] });
          }
        } finally {
          await opened.close();
        }
      },
    };
  },
};

async function databaseOf(path: string, make: () => Promise<void>): Promise<Uint8Array> {
  await make();
  return await Deno.readFile(path);
}

async function removeDatabase(path: string): Promise<void> {
  for (const end of ["", "-wal", "-shm", "-journal"]) await Deno.remove(`${path}${end}`).catch(() => {});
}

/** A folder of files with long and odd names, by a `.gitignore` in it. */
const ignores: Target<string> = {
  name: ".gitignore",
  weight: 0.1,
  async open(folder) {
    for (const name of ["a".repeat(200), "a.pyc", "data/raw.csv", "ü [x]/!y", "data/deep/er/b.txt"]) {
      await Deno.mkdir(join(folder, name, ".."), { recursive: true });
      await Deno.writeTextFile(join(folder, name), "");
    }
    return {
      samples: ["*.pyc\n/data/**/*.csv\n!data/raw.csv\n# comment\nbuild/\n\\#x\n[a-c]?\n", "a*a*a*b\n"],
      async run(text) {
        await Deno.writeTextFile(join(folder, ".gitignore"), text);
        await listSources(folder, undefined, [], {
          digest: () => Promise.resolve(key),
          close: () => Promise.resolve(),
        });
      },
    };
  },
};

const head: Target<string> = {
  name: "HEAD of git",
  weight: 0.1,
  async open(folder) {
    await Deno.mkdir(join(folder, ".git/refs/heads"), { recursive: true });
    await Deno.writeTextFile(join(folder, ".git/packed-refs"), `${"0".repeat(40)} refs/heads/main\n`);
    return {
      samples: ["ref: refs/heads/main\n", `${"1".repeat(40)}\n`, "ref: refs/heads/../../HEAD\n"],
      async run(text) {
        await Deno.writeTextFile(join(folder, ".git/HEAD"), text);
        const commit = findGitCommit(folder);
        assert.ok(commit === undefined || /^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(commit));
      },
    };
  },
};

const packageFile: Target<string> = {
  name: "package.json of a package",
  weight: 0.1,
  async open(folder) {
    const place = join(folder, "node_modules/@a/b");
    await Deno.mkdir(place, { recursive: true });
    return {
      samples: [
        '{"name": "@a/b", "version": "1.0.0", "dependencies": {"@a/b": "1"}, "peerDependencies": {}}',
      ],
      async run(text) {
        await Deno.writeTextFile(join(place, "package.json"), text);
        installedPackages([join(place, "main.js")]);
      },
    };
  },
};

export const storeTargets: readonly Target[] = [
  plan,
  entry("results", "result.json"),
  entry("records", "record.json"),
  digests,
  tracker,
  ignores,
  head,
  packageFile,
].map((target) => anyTarget(target as Target<never>));
