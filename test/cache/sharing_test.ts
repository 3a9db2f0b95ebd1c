import assert from "node:assert/strict";
import { join } from "node:path";
import { expectDone, writeProject } from "./mutated_project.ts";
import { workingFolder } from "../run/run_project.ts";

Deno.test("ten processes of two projects on one cache run each step once, and none meets a lock", async () => {
  await using folder = await workingFolder();
  const projects = [await writeProject(join(folder.path, "a")), await writeProject(join(folder.path, "b"))];
  const env = { XDG_CACHE_HOME: join(folder.path, "shared") };
  // Long enough that all ten want it at the same time.
  for (const project of projects) await project.replace("split.sh", "keep", "sleep 1; keep");
  const runs = await Promise.all(
    Array.from({ length: 10 }, (_, index) => expectDone(projects[index % 2]!.run({ env }))),
  );
  const executed = new Map<string, number>();
  const digests = new Map<string, Set<string>>();
  let waited = 0;
  for (const { events, stderr } of runs) {
    assert.doesNotMatch(stderr, /lock/i);
    for (const event of events) {
      if (event.is === "step-waiting") waited++;
      if (event.is === "warning") assert.fail(event.message);
      if (event.is !== "step-ended") continue;
      const count = executed.get(event.step) ?? 0;
      executed.set(event.step, count + (event.outcome.is === "finished" ? 1 : 0));
      const made = digests.get(event.step) ?? new Set();
      digests.set(
        event.step,
        made.add(JSON.stringify(Object.values(event.outputs).map(({ digest }) => digest))),
      );
    }
  }
  assert.deepEqual(Object.fromEntries(executed), {
    split: 1,
    "train-1": 1,
    "train-2": 1,
    gather: 1,
    score: 1,
  });
  for (const [step, made] of digests) assert.equal(made.size, 1, step);
  assert.ok(waited > 0);
});

Deno.test("a step is cached for a second project, and its outputs lie in that project's own tracker", async () => {
  await using folder = await workingFolder();
  const [first, second] = [
    await writeProject(join(folder.path, "a")),
    await writeProject(join(folder.path, "b")),
  ];
  const env = { XDG_CACHE_HOME: join(folder.path, "shared") };
  await expectDone(first.run({ env }));
  const { events } = await expectDone(second.run({ env }));
  await Deno.remove(first.root, { recursive: true });
  const ended = events.flatMap((event) => event.is === "step-ended" ? [event] : []);
  assert.deepEqual([...new Set(ended.map(({ outcome }) => outcome.is))], ["cached"]);
  for (const { outputs } of ended) {
    for (const { path } of Object.values(outputs)) {
      assert.ok(path.startsWith(second.folder), path);
      assert.ok((await Deno.stat(path)).isFile);
    }
  }
});
