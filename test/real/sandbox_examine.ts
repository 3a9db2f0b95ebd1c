/** Says as JSON what holds a step here, and what the doctor would say: `sandbox_examine.ts FOLDER`. */
import { examineSandbox } from "../../src/sandbox/holding_tier.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { findOnPath } from "./sandbox_step.ts";

const options = {
  mode: "auto",
  deno: Deno.execPath(),
  child: "",
  cache: Deno.args[0]!,
  findBubblewrap: () => Promise.resolve(findOnPath("bwrap")),
} as const;
console.log(
  JSON.stringify(await openSandbox(options).hold({ body: "command", net: false, needsFull: false })),
);
console.log(JSON.stringify(await examineSandbox(options)));
