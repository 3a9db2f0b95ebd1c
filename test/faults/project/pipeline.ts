/** A pipeline whose steps are cached and take some milliseconds, and that meets every part of a run. */
import { file, float, given, host, main, pipeline, sh, step } from "sluice";

const env = host();

const split = step("split", {
  env,
  cache: true,
  sources: ["split.sh"],
  inputs: { raw: file() },
  outputs: { rows: file({ format: "csv" }), pieces: file() },
  command: ({ inputs, outputs }) => sh`sh split.sh ${inputs.raw} ${outputs.rows} ${outputs.pieces}`,
});
const train = step("train", {
  env,
  cache: true,
  sources: ["train.sh"],
  params: { alpha: float().min(0).max(1).default(0.5) },
  inputs: { rows: file() },
  outputs: { weights: file({ format: "txt" }) },
  metrics: ["loss"],
  command: ({ params, inputs, outputs }) => sh`sh train.sh ${inputs.rows} ${outputs.weights} ${params.alpha}`,
});
/** Its source speaks of MLflow: the run's own server is there for it. */
const score = step("score", {
  env,
  cache: true,
  sources: ["score.sh"],
  inputs: { weights: file(), pieces: file() },
  outputs: { report: file({ format: "txt" }) },
  command: ({ inputs, outputs }) => sh`sh score.sh ${inputs.weights} ${inputs.pieces} ${outputs.report}`,
});

const faults = pipeline("faults", {}, () => {
  const { rows, pieces } = split({ raw: given.file("raw.csv", file()) });
  const { weights } = train({ rows });
  const { report } = score({ weights, pieces });
  return { report };
});
export default faults;
/** All that Deno does to start is done by then: whoever looks on begins here. */
if (Deno.env.has("STOP_AT_START")) Deno.kill(Deno.pid, "SIGSTOP");
if (import.meta.main) await main(faults);
