/** Very many short runs at the same moment: several projects, several runs of each, one cache. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expectDone, writeProject } from "../cache/mutated_project.ts";
import { readRuns, workingFolder } from "../run/run_project.ts";

const projectCount = 4;

/** Fails unless every run finishes, each step is run once among all of them, and each tracker is sound and whole. */
export async function checkManyRuns(count: number): Promise<void> {
  await using folder = await workingFolder();
  const projects = await Promise.all(
    Array.from({ length: projectCount }, (_, index) => writeProject(join(folder.path, String(index)))),
  );
  const env = { XDG_CACHE_HOME: join(folder.path, "shared") };
  const runs = await Promise.all(
    Array.from({ length: count }, (_, index) => expectDone(projects[index % projectCount]!.run({ env }))),
  );
  const executed: string[] = [];
  for (const { events, stderr } of runs) {
    assert.doesNotMatch(stderr, /lock|busy/i);
    for (const event of events) {
      if (event.is === "warning") assert.fail(event.message);
      if (event.is === "step-ended" && event.outcome.is === "finished") executed.push(event.step);
    }
  }
  assert.deepEqual(executed.sort(), ["gather", "score", "split", "train-1", "train-2"]);
  const stepCount = executed.length;
  for (const [index, project] of projects.entries()) {
    const own = Math.floor((count - index - 1) / projectCount) + 1;
    const statuses = readRuns(project.folder).map(({ status }) => status);
    assert.deepEqual(statuses, new Array(own * (stepCount + 1)).fill("FINISHED"));
    const database = new DatabaseSync(join(project.folder, "mlflow.db"));
    const [check] = database.prepare("PRAGMA integrity_check").all();
    database.close();
    assert.deepEqual({ ...check }, { integrity_check: "ok" });
  }
}
