// Written by `sluice import` of MLproject.
// - Commands run in this folder and may write to it, with the network open, as `mlflow run` runs them; what else the user can reach they do not see, nor variables of the caller: `permissions` names what they do.
// - Parameters are those below: others, which `mlflow run` appends to a command, are refused.
// - Its entry point `main` is the step `start`, which runs when none is named.
import { main, pipeline, python, sh, step, string } from "sluice";

const env = python({ requirements: [] });

// MLproject:2: `value` stands within quotes, where MLflow adds quotes of its own; here it does not.
// MLproject:2: `name` stands within quotes, where MLflow adds quotes of its own; here it does not.
const startStep = step("start", {
  env,
  params: {
    value: string().default("plain"),
    name: string().default("out"),
  },
  permissions: { net: true, write: ["."] },
  command: ({ params }) =>
    sh`bash -c ${'echo "<${1}>" "$1" "$(echo "$1")" > "$2".txt'} bash ${params.value} ${params.name}`,
});

const projectPipeline = pipeline("project", {
  params: { value: startStep.params.value, name: startStep.params.name },
}, (params) => {
  const start = startStep({ value: params.value, name: params.name });
  return { start };
});

export default projectPipeline;
if (import.meta.main) await main(projectPipeline);
