// Written by `sluice import` of MLproject.
// - Commands run in this folder and may write to it, with the network open, as `mlflow run` runs them; what else the user can reach they do not see, nor variables of the caller: `permissions` names what they do.
// - Parameters are those below: others, which `mlflow run` appends to a command, are refused.
// - Its entry point `main` is the step `start`, which runs when none is named.
import { main, path, pipeline, python, sh, step, string } from "sluice";

const env = python({ requirements: [] });

const startStep = step("start", {
  env,
  params: {
    data: path(),
    label: string().default(""),
  },
  permissions: { net: true, write: ["."] },
  command: ({ params }) =>
    sh`bash -c 'wc -c < "$1" > size.txt && echo "[""$2""]" >> size.txt' bash ${params.data} ${params.label}`,
});

const projectPipeline = pipeline("project", {
  params: { data: startStep.params.data, label: startStep.params.label },
}, (params) => {
  const start = startStep({ data: params.data, label: params.label });
  return { start };
});

export default projectPipeline;
if (import.meta.main) await main(projectPipeline);
