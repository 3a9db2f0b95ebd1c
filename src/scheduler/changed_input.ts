/** Whether what earlier steps made is still what a step's key says, now that the step has read it. */
import { basename, dirname } from "node:path";
import type { ProducedOutput, StepReport } from "../core/event.ts";
import { digestTree } from "../core/file_tree.ts";
import { inputsOf, type PlannedStep } from "../core/plan.ts";
import type { Cache } from "../core/ports/cache.ts";
import type { Reports } from "./step_inputs.ts";

/** The path of the first input that is not. One that the cache keeps is looked at as it does; another is read again. */
export async function findChangedInput(
  step: PlannedStep,
  reports: Reports,
  cache: Cache,
): Promise<string | undefined> {
  for (const input of Object.values(step.inputs).flatMap(inputsOf)) {
    if (input.is !== "output") continue;
    const report = reports.get(input.step)!;
    const output = report.outputs[input.output]!;
    if (!await isUnchanged(report, input.output, output, cache)) return output.path;
  }
  return undefined;
}

async function isUnchanged(
  { key }: StepReport,
  name: string,
  { path, digest }: ProducedOutput,
  cache: Cache,
): Promise<boolean> {
  const result = key === undefined ? undefined : cache.peek(key);
  const kept = result?.outputs[name];
  if (result !== undefined && kept?.digest === digest && kept.file === basename(path)) {
    return await cache.isIntact({ ...result, outputs: { [name]: kept } }, dirname(path));
  }
  try {
    return (await digestTree(path)).digest === digest;
  } catch {
    return false;
  }
}
