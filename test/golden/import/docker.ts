// Written by `sluice import` of MLproject.
// - Commands run in this folder and may write to it, with the network open, as `mlflow run` runs them; what else the user can reach they do not see, nor variables of the caller: `permissions` names what they do.
// - Parameters are those below: others, which `mlflow run` appends to a command, are refused.
// - Its entry point `main` is the step `start`, which runs when none is named.
// - MLproject:4: the volume `/data:/mnt/data` is not mounted: name what it holds in `permissions`.
import { docker, float, main, pipeline, sh, step } from "sluice";

const env = docker({ image: "mlflow-docker-example" });

const startStep = step("start", {
  env,
  params: {
    alpha: float(),
  },
  permissions: { net: true, write: ["."], env: ["COPIED"] },
  command: ({ params }) =>
    sh`env 'NEW_VAR=a value' python train.py
      --alpha ${params.alpha}`,
});

const dockerExamplePipeline = pipeline("docker-example", {
  params: { alpha: startStep.params.alpha },
}, (params) => {
  const start = startStep({ alpha: params.alpha });
  return { start };
});

export default dockerExamplePipeline;
if (import.meta.main) await main(dockerExamplePipeline);
