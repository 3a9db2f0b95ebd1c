/** A pipeline whose every step is cached, and takes some milliseconds: what the mutation suite edits. */
import { boolean, each, file, given, host, int, main, pipeline, sh, step } from "sluice";
import { gather } from "./gather/gather.ts";
import { score } from "./score/score.ts";

const env = host();

export const split = step("split", {
  env,
  cache: true,
  sources: ["split.sh", "lib.sh"],
  params: { rows: int().min(1).default(2) },
  inputs: { raw: file() },
  outputs: { kept: file({ format: "csv" }) },
  command: ({ params, inputs, outputs }) => sh`sh split.sh ${inputs.raw} ${params.rows} ${outputs.kept}`,
});
export const train = step("train", {
  description: "Fit it",
  env,
  cache: true,
  sources: ["train.sh"],
  params: { depth: int().default(1), loud: boolean().default(false) },
  inputs: { kept: file() },
  outputs: { model: file({ format: "txt" }) },
  metrics: ["loss"],
  permissions: { read: ["words.txt"], env: ["GREETING"] },
  retries: 0,
  command: ({ params, inputs, outputs }) => sh`sh train.sh ${inputs.kept} ${outputs.model} ${params.depth}`,
});

export const small = pipeline("small", { params: { rows: split.params.rows } }, ({ rows }) => {
  const { kept } = split({ raw: given.file("data/raw.csv", file()), rows });
  const fitted = each([1, 2], (depth, name) => train.as(`train-${name}`, { kept, depth }));
  const { all } = gather({ models: fitted.map((use) => use.model) });
  const scored = score({ all, loss: fitted[0]!.loss });
  return { report: scored.report, total: scored.total };
});
export default small;
if (import.meta.main) await main(small);
