/**
 * The process of a `run` function: started with the function's module loaded before it, it calls the one function.
 *
 * Arguments: the module's URL and the step's name. Standard input: a `FunctionCall` as JSON. Metrics that the
 * function returns are appended to the file in SLUICE_LOG.
 */
import { FunctionCall } from "../core/run.ts";
import { findStep, stepNames } from "./registry.ts";
import { makeStepLog } from "./step_log.ts";

const [module = "", name = ""] = Deno.args;
const run = findStep(module, name)?.run;
if (run === undefined) {
  console.error(
    `${module} defines no step "${name}" with a run function, but: ${stepNames(module).join(", ")}`,
  );
  Deno.exit(70);
}
const call = FunctionCall.parse(JSON.parse(await new Response(Deno.stdin.readable).text()));
const path = Deno.env.get("SLUICE_LOG")!;
const log = makeStepLog((line) => Deno.writeTextFileSync(path, line, { append: true }));
const inputs = Object.fromEntries(
  Object.entries(call.inputs).map(([input, value]) => [input, value ?? undefined]),
);
const returned = await run({ params: call.parameters, inputs, outputs: call.outputs, log });
for (const [metric, value] of Object.entries(returned ?? {})) {
  if (typeof value !== "number") {
    throw new TypeError(
      `step "${name}" returned ${Deno.inspect(value)} as its metric "${metric}", not a number`,
    );
  }
  log.metric(metric, value);
}
