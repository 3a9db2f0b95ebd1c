// Written by `sluice import` of MLproject.
// - Commands run in this folder and may write to it, with the network open, as `mlflow run` runs them; what else the user can reach they do not see, nor variables of the caller: `permissions` names what they do.
// - Parameters are those below: others, which `mlflow run` appends to a command, are refused.
// - Its entry point `main` is the step `start`, which runs when none is named.
import { float, main, pipeline, python, sh, step } from "sluice";

const env = python({ requirements: [] });

const startStep = step("start", {
  env,
  params: {
    alpha: float().default(0.5),
    l1_ratio: float().default(0.1),
  },
  permissions: { net: true, write: ["."] },
  command: ({ params }) =>
    sh`python train.py out.json ${params.alpha}
      --l1 ${params.l1_ratio}`,
});

const onePipeline = pipeline("one", {
  params: {
    alpha: startStep.params.alpha,
    l1_ratio: startStep.params.l1_ratio,
  },
}, (params) => {
  const start = startStep({ alpha: params.alpha, l1_ratio: params.l1_ratio });
  return { start };
});

export default onePipeline;
if (import.meta.main) await main(onePipeline);
