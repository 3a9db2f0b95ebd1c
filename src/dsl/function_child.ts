/**
 * The process of a `run` function: started with the function's module loaded before it, it calls the one function.
 *
 * Arguments: the module's URL and the step's name. Standard input: a `FunctionCall` as JSON. Metrics that the
 * function returns are appended to the file in SLUICE_LOG. Exit code 1 when the function fails, 70 when there is none.
 * The process ends when the function has returned, whatever it left open.
 */
import { FunctionCall } from "../core/run.ts";
import { findStep, type StepFunction, stepNames } from "./registry.ts";
import { makeStepLog, type StepLog } from "./step_log.ts";

const [module = "", name = ""] = Deno.args;
const run = findStep(module, name)?.run;
if (run === undefined) {
  const names = stepNames(module).map((step) => `\`${step}\``).join(", ");
  console.error(
    `\`${module}\` defines no step \`${name}\` with a \`run\` function; its steps: ${names || "none"}`,
  );
  Deno.exit(70);
}
try {
  await callFunction(run, openLog());
} catch (error) {
  console.error(describeError(error));
  Deno.exit(1);
}
Deno.exit(0);

async function callFunction(run: StepFunction, log: StepLog): Promise<void> {
  const call = FunctionCall.parse(JSON.parse(await new Response(Deno.stdin.readable).text()));
  const inputs = Object.fromEntries(
    Object.entries(call.inputs).map(([input, value]) => [input, value ?? undefined]),
  );
  const returned = await run({ params: call.parameters, inputs, outputs: call.outputs, log });
  for (const [metric, value] of Object.entries(returned ?? {})) {
    if (typeof value !== "number") {
      throw new TypeError(
        `Step \`${name}\` returned ${Deno.inspect(value)} as its metric \`${metric}\`, which is a number`,
      );
    }
    log.metric(metric, value);
  }
}

/** Outside of a run there is no file to log to, and nothing is logged. */
function openLog(): StepLog {
  const path = Deno.env.get("SLUICE_LOG");
  if (path === undefined) return makeStepLog(() => {});
  const file = Deno.openSync(path, { append: true, create: true });
  const encoder = new TextEncoder();
  return makeStepLog((line) => {
    for (let rest = encoder.encode(line); rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
  });
}

/** Its stack as far as it is the user's, and what caused it. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return Deno.inspect(error);
  const own = import.meta.url;
  const lines = (error.stack ?? String(error)).split("\n").filter((line) => !line.includes(own));
  const cause = error.cause === undefined ? [] : [`Caused by ${describeError(error.cause)}`];
  // Deno's own advice is a flag, which is not how a step is granted anything.
  const advice = error instanceof Deno.errors.NotCapable
    ? [`Step \`${name}\` may touch what its \`permissions\` name, its inputs and outputs, and nothing else`]
    : [];
  return [...lines, ...cause, ...advice].join("\n");
}
