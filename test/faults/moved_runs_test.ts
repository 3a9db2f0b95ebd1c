/** A move of runs that is killed: no run is there in part, and the next move makes it whole. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openTracker } from "../../src/compose/open_tracker.ts";

const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;
const runs = 60;

async function record(folder: string): Promise<void> {
  const tracker = await openTracker({ workingFolder: folder, variables: {}, create: true });
  const { id: experimentId } = await tracker.createExperiment("e");
  for (let at = 0; at < runs; at++) {
    const { id, artifactUri } = await tracker.createRun({
      experimentId,
      name: "",
      user: "",
      startedAt: at,
      tags: [],
    });
    const metrics = Array.from(
      { length: 500 },
      (_, step) => ({ key: "m", value: step, timestamp: step, step }),
    );
    await tracker.logBatch(id, { metrics, parameters: [{ key: "p", value: "1" }] });
    await tracker.artifacts.write(artifactUri, "file", [new Uint8Array(50_000)]);
  }
  await tracker.close();
}

Deno.test("a move that is killed at any moment leaves whole runs, and the next one brings the rest", async () => {
  const folder = await Deno.makeTempDir();
  const move = (to: string) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", main, "runs", "export", "-o", to, "--json"],
      cwd: folder,
      stdout: "piped",
      stderr: "null",
    }).spawn();
  /** How many runs are there, each of them whole. */
  const count = async (to: string): Promise<number> => {
    if (!await Deno.stat(join(folder, to)).then(() => true, () => false)) return 0;
    const tracker = await openTracker({
      uri: `sqlite:///${to}`,
      workingFolder: folder,
      variables: {},
      create: true,
    });
    try {
      const experiment = await tracker.findExperiment("e");
      if (experiment === undefined) return 0;
      const found = await tracker.searchRuns({ experimentIds: [experiment.id], limit: 1000 });
      for (const { info, parameters } of found) {
        assert.equal((await tracker.getMetricHistory(info.id, "m")).items.length, 500);
        assert.equal(parameters.length, 1);
        assert.equal((await tracker.artifacts.list(info.artifactUri, ""))[0]?.sizeBytes, 50_000);
      }
      return found.length;
    } finally {
      await tracker.close();
    }
  };
  try {
    await record(folder);
    for (const afterMs of [150, 300, 450]) {
      const to = `killed-${afterMs}/runs.db`;
      const child = move(to);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      try {
        child.kill("SIGKILL");
      } catch {
        // It was done already.
      }
      await child.output();
      const before = await count(to);
      const report = JSON.parse(new TextDecoder().decode((await move(to).output()).stdout));
      assert.deepEqual(report.runs, { new: runs - before, changed: 0, same: before });
      assert.equal(await count(to), runs);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
