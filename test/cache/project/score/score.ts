/** A function; its sources are this module and what it imports. */
import { file, float, step } from "sluice";
import { count } from "./count.ts";

export const score = step("score", {
  params: { loss: float() },
  inputs: { all: file() },
  outputs: { report: file({ format: "json" }) },
  metrics: ["total"],
  run: async ({ params, inputs, outputs }) => {
    const total = count(await Deno.readTextFile(inputs.all)) + params.loss;
    await Deno.writeTextFile(outputs.report, JSON.stringify({ total }));
    return { total };
  },
});
