import assert from "node:assert/strict";
import fc from "fast-check";
import { noLimits } from "../core/permissions.ts";
import type { PlannedStep } from "../core/plan.ts";
import { openQueue } from "./ready_steps.ts";

const step = (name: string, needs: string[] = [], limits = {}) =>
  ({ name, needs, limits: { ...noLimits, ...limits } }) as unknown as PlannedStep;
const names = (steps: readonly PlannedStep[]) => steps.map(({ name }) => name);
const capacity = { jobs: 2, memoryBytes: 1000 };

Deno.test("openQueue() starts as many steps as there are jobs, in the order of the plan", () => {
  const queue = openQueue([step("a"), step("b"), step("c")]);
  assert.deepEqual(names(queue.start(capacity)), ["a", "b"]);
  assert.deepEqual(names(queue.start(capacity)), []);
});

Deno.test("openQueue() starts a step when the last it needs has finished", () => {
  const [a, b, c] = [step("a"), step("b"), step("c", ["a", "b"])];
  const queue = openQueue([a, b, c]);
  queue.start(capacity);
  queue.end(a, "finished");
  assert.deepEqual(names(queue.start(capacity)), []);
  queue.end(b, "finished");
  assert.deepEqual(names(queue.start(capacity)), ["c"]);
});

Deno.test("openQueue() blocks all that needs a stopped step, and nothing else", () => {
  const a = step("a");
  const queue = openQueue([a, step("b", ["a"]), step("c", ["b"]), step("d")]);
  queue.start({ ...capacity, jobs: 1 });
  assert.deepEqual(queue.end(a, "stopped").map(({ step, lacks }) => [step.name, lacks]), [["b", "a"], [
    "c",
    "b",
  ]]);
  assert.deepEqual(names(queue.start(capacity)), ["d"]);
});

for (
  const [name, limits, expected] of [
    ["cores", { cores: 2 }, ["a"]],
    ["memory", { memoryBytes: 600 }, ["a"]],
    ["neither", {}, ["a", "b"]],
  ] as const
) {
  Deno.test(`openQueue() lets steps run at once only as far as the machine goes: ${name}`, () => {
    const queue = openQueue([step("a", [], limits), step("b", [], limits)]);
    assert.deepEqual(names(queue.start(capacity)), expected);
  });
}

Deno.test("openQueue() runs a step that wants more than there is, alone", () => {
  const queue = openQueue([step("a", [], { cores: 64 }), step("b")]);
  assert.deepEqual(names(queue.start(capacity)), ["a"]);
});

Deno.test("openQueue() runs every step of any graph once, each after what it needs", () => {
  const graph = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 30 });
  fc.assert(fc.property(graph, fc.integer({ min: 1, max: 4 }), (needs, jobs) => {
    const steps = needs.map((list, index) =>
      step(`s${index}`, index === 0 ? [] : [...new Set(list.map((n) => `s${n % index}`))])
    );
    const queue = openQueue(steps);
    const done = new Set<string>();
    const running: PlannedStep[] = [];
    for (;;) {
      const started = queue.start({ jobs, memoryBytes: 1 });
      for (const { needs } of started) assert.ok(needs.every((name) => done.has(name)));
      running.push(...started);
      assert.ok(running.length <= jobs);
      const next = running.shift();
      if (next === undefined) break;
      queue.end(next, "finished");
      assert.ok(!done.has(next.name));
      done.add(next.name);
    }
    assert.equal(done.size, steps.length);
  }));
});
