/** Scheduler: walks a plan, decides what starts when, and tells what happens. This file: the decision, pure. */
import type { PlannedStep } from "../core/plan.ts";

type StepState =
  | { readonly is: "waiting" }
  | { readonly is: "running" }
  | { readonly is: "finished" }
  /** Failed, killed or blocked: what needs it cannot run. */
  | { readonly is: "stopped" };

/** What the machine lets run at once. */
export interface Capacity {
  /** Sum of `limits.cores` of running steps; a step that wants more than all runs alone. */
  readonly jobs: number;
  readonly memoryBytes: number;
}

/** Who waits for whom, kept up to date as steps end, so that the work of each decision follows what changed. */
export interface Queue {
  /** Steps to start now, in the order of the plan; they count as running from here on. */
  start(capacity: Capacity): readonly PlannedStep[];
  /** Frees what needs `step`; with `stopped`, gives the steps that can never run now, each with the step it lacks. */
  end(step: PlannedStep, state: "finished" | "stopped"): readonly { step: PlannedStep; lacks: string }[];
  /** Steps that neither run nor have ended. */
  waiting(): readonly PlannedStep[];
}

/** Tells which steps may start, as others end; takes time in proportion to steps and their needs. */
export function openQueue(steps: readonly PlannedStep[]): Queue {
  const missing = new Map(steps.map((step) => [step.name, step.needs.length]));
  const dependants = new Map<string, PlannedStep[]>(steps.map((step) => [step.name, []]));
  for (const step of steps) for (const need of step.needs) dependants.get(need)!.push(step);
  const ready = openLine(steps);
  const waiting = new Map(steps.map((step) => [step.name, step]));
  let usedCores = 0;
  let usedBytes = 0;
  let running = 0;

  const fits = (step: PlannedStep, capacity: Capacity) =>
    running === 0 ||
    (usedCores + step.limits.cores <= capacity.jobs &&
      usedBytes + (step.limits.memoryBytes ?? 0) <= capacity.memoryBytes);

  return {
    start(capacity) {
      const started: PlannedStep[] = [];
      for (let at = 0; at < ready.length() && (running === 0 || usedCores < capacity.jobs);) {
        const step = ready.at(at);
        if (!fits(step, capacity)) {
          at++;
          continue;
        }
        ready.take(at);
        waiting.delete(step.name);
        running++;
        usedCores += step.limits.cores;
        usedBytes += step.limits.memoryBytes ?? 0;
        started.push(step);
      }
      return started;
    },
    end(step, state) {
      running--;
      usedCores -= step.limits.cores;
      usedBytes -= step.limits.memoryBytes ?? 0;
      if (state === "stopped") return block(step);
      for (const dependant of dependants.get(step.name)!) {
        const left = missing.get(dependant.name)! - 1;
        missing.set(dependant.name, left);
        if (left === 0 && waiting.has(dependant.name)) ready.put(dependant);
      }
      return [];
    },
    waiting: () => [...waiting.values()],
  };

  function block(step: PlannedStep) {
    const blocked: { step: PlannedStep; lacks: string }[] = [];
    const open = [step];
    while (open.length > 0) {
      const lost = open.pop()!;
      for (const dependant of dependants.get(lost.name)!) {
        if (!waiting.delete(dependant.name)) continue;
        blocked.push({ step: dependant, lacks: lost.name });
        open.push(dependant);
      }
    }
    return blocked;
  }
}

/** From so many on what was taken from the front is let go of. */
const mostTaken = 1000;

/** Steps that may start, in the order of the plan. As a rule they are taken from the front and put at the end. */
function openLine(steps: readonly PlannedStep[]) {
  const order = new Map(steps.map((step, index) => [step, index]));
  const line = steps.filter((step) => step.needs.length === 0);
  let first = 0;
  return {
    length: () => line.length - first,
    at: (index: number): PlannedStep => line[first + index]!,
    take(index: number): void {
      if (index > 0) return void line.splice(first + index, 1);
      first++;
      if (first < mostTaken || first < line.length / 2) return;
      line.splice(0, first);
      first = 0;
    },
    put(step: PlannedStep): void {
      const place = order.get(step)!;
      let [low, high] = [first, line.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (order.get(line[middle]!)! < place) low = middle + 1;
        else high = middle;
      }
      if (low === line.length) line.push(step);
      else line.splice(low, 0, step);
    },
  };
}
