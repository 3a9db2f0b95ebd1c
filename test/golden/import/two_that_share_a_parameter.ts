// Written by `sluice import` of MLproject.
// - Commands run in this folder and may write to it, with the network open, as `mlflow run` runs them; what else the user can reach they do not see, nor variables of the caller: `permissions` names what they do.
// - Parameters are those below: others, which `mlflow run` appends to a command, are refused.
// - It has no entry point `main`: when none is named, all run; `mlflow run` asks for one.
// - `size` of `two` is other than that before: `two.size` sets it.
import { float, main, pipeline, python, sh, step, string } from "sluice";

const env = python({ requirements: [] });

const oneStep = step("one", {
  env,
  params: {
    seed: float().default(7),
    size: string().default("s"),
  },
  permissions: { net: true, write: ["."] },
  command: ({ params }) =>
    sh`bash -c 'echo "$1" "$2" > one.txt' bash ${params.seed} ${params.size}`,
});

const twoStep = step("two", {
  env,
  params: {
    seed: float().default(7),
    size: string().default("m"),
  },
  permissions: { net: true, write: ["."] },
  command: ({ params }) =>
    sh`bash -c 'echo "$1" "$2" > two.txt' bash ${params.seed} ${params.size}`,
});

const projectPipeline = pipeline("project", {
  params: { seed: oneStep.params.seed, size: oneStep.params.size },
}, (params) => {
  const one = oneStep({ seed: params.seed, size: params.size });
  const two = twoStep({ seed: params.seed });
  return { one, two };
});

export default projectPipeline;
if (import.meta.main) await main(projectPipeline);
