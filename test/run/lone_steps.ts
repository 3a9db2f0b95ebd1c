/** Steps that a test runs by themselves. */
import { dataset, file, float, int, many, optional, step } from "sluice";

const Points = dataset({ x: float() });
export const count = step("count", {
  params: { least: int().min(0).max(9).default(1) },
  inputs: { points: Points, more: many(Points), note: optional(file()) },
  outputs: { copy: Points },
  metrics: ["files"],
  run: async ({ params, inputs, outputs, log }) => {
    await Deno.writeFile(outputs.copy, await Deno.readFile(inputs.points));
    if (inputs.note !== undefined) console.log(await Deno.readTextFile(inputs.note));
    for (const index of [1, 2, 3]) log.metric("loss", 1 / index, index);
    log.param("depth", 7);
    log.tag("note", "fine");
    return { files: inputs.more.length + params.least };
  },
});
export const failing = step("failing", {
  run: () => {
    console.log("first");
    console.error("then this");
    Deno.exit(4);
  },
});
export const silent = step("silent", { outputs: { made: file() }, run: () => {} });
