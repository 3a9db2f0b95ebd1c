// Written by `sluice import` of MLproject.
// - Commands run in this folder and may write to it, with the network open, as `mlflow run` runs them; what else the user can reach they do not see, nor variables of the caller: `permissions` names what they do.
// - Parameters are those below: others, which `mlflow run` appends to a command, are refused.
// - Its entry point `main` is the step `start`, which runs when none is named.
import { float, main, pipeline, python, sh, step } from "sluice";

const env = python({ requirements: [] });

// MLproject:3: the default of `n`, `1e-3`, reaches the command as `0.001`.
const startStep = step("start", {
  env,
  params: {
    n: float().default(0.001),
  },
  permissions: { net: true, write: ["."] },
  command: ({ params }) =>
    sh`python src/write.py src/out.json '{}' ${params.n}`,
});

const projectPipeline = pipeline("project", {
  params: { n: startStep.params.n },
}, (params) => {
  const start = startStep({ n: params.n });
  return { start };
});

export default projectPipeline;
if (import.meta.main) await main(projectPipeline);
