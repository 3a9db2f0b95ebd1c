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

export function openQueue(steps: readonly PlannedStep[]): Queue {
  const missing = new Map(steps.map((step) => [step.name, step.needs.length]));
  const dependants = new Map<string, PlannedStep[]>(steps.map((step) => [step.name, []]));
  for (const step of steps) for (const need of step.needs) dependants.get(need)!.push(step);
  const order = new Map(steps.map((step, index) => [step.name, index]));
  const ready = steps.filter((step) => step.needs.length === 0);
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
      for (let at = 0; at < ready.length && (running === 0 || usedCores < capacity.jobs);) {
        const step = ready[at]!;
        if (!fits(step, capacity)) {
          at++;
          continue;
        }
        ready.splice(at, 1);
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
      const freed: PlannedStep[] = [];
      for (const dependant of dependants.get(step.name)!) {
        const left = missing.get(dependant.name)! - 1;
        missing.set(dependant.name, left);
        if (left === 0 && waiting.has(dependant.name)) freed.push(dependant);
      }
      if (freed.length > 0) {
        ready.push(...freed);
        ready.sort((a, b) => order.get(a.name)! - order.get(b.name)!);
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
