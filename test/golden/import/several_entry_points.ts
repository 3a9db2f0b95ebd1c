// Written by `sluice import` of MLproject.
// - Commands run in this folder and may write to it, with the network open, as `mlflow run` runs them; what else the user can reach they do not see, nor variables of the caller: `permissions` names what they do.
// - Parameters are those below: others, which `mlflow run` appends to a command, are refused.
import { float, int, main, path, pipeline, python, sh, step } from "sluice";

const env = python({ version: "3", requirements: [] });

const preprocessStep = step("preprocess", {
  description: "Keep the rows that have a number",
  env,
  params: {
    input: path().default("raw.csv"),
  },
  permissions: { net: true, write: ["."] },
  command: ({ params }) =>
    sh`bash -c ${"grep -E '[0-9]' \"$1\" > clean.csv"} bash ${params.input}`,
});

const trainStep = step("train", {
  env,
  params: {
    alpha: float().min(0).max(1).default(0.5).describe("How strong"),
    batch_size: int().min(8).max(256).default(32),
  },
  permissions: { net: true, write: ["."] },
  command: ({ params }) =>
    sh`bash -c 'python train.py model.json "$1" "$2" $(wc -l < clean.csv)' bash ${params.alpha} ${params.batch_size}`,
});

const severalPipeline = pipeline("several", {
  params: {
    input: preprocessStep.params.input,
    alpha: trainStep.params.alpha,
    batch_size: trainStep.params.batch_size,
  },
}, (params) => {
  const preprocess = preprocessStep({ input: params.input });
  const train = trainStep({
    alpha: params.alpha,
    batch_size: params.batch_size,
  }, { after: [preprocess] });
  return { train };
});

export default severalPipeline;
if (import.meta.main) await main(severalPipeline);
