/**
 * A fuzz run from the command line: `deno run -A test/fuzz/main.ts --inputs 100000 --seed 1`.
 *
 * `--target NAME` for one reader (may be given more than once), `--case N` for one case of it, `--processes N`.
 */
import { parseArgs } from "node:util";
import { faultText, fuzz } from "./fuzz.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now()) },
    inputs: { type: "string", default: "20000" },
    target: { type: "string", multiple: true },
    case: { type: "string" },
    processes: { type: "string", default: "1" },
  },
});
const startedAt = performance.now();
const { faults, counts } = await fuzz({
  seed: values.seed,
  inputs: Number(values.inputs),
  processes: Number(values.processes),
  hear(saying) {
    if (saying.is === "fault") return console.log(`\n${faultText(saying.fault, values.seed)}\n`);
    const { target, cases, refused, cpuMs } = saying;
    console.log(`${target}: ${cases} inputs, ${refused} refused, ${cpuMs} ms`);
  },
  ...(values.target === undefined ? {} : { only: values.target }),
  ...(values.case === undefined ? {} : { case: Number(values.case) }),
});
const total = counts.reduce((sum, { cases }) => sum + cases, 0);
const seconds = Math.round((performance.now() - startedAt) / 1000);
console.log(
  `\n${total} inputs of ${
    new Set(counts.map(({ target }) => target)).size
  } readers, seed ${values.seed}, ${seconds} s: ${faults.length} faults`,
);
Deno.exit(faults.length === 0 ? 0 : 1);
