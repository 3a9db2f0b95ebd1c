// Written by `sluice import` of MLproject.
// - Commands run in this folder and may write to it, with the network open, as `mlflow run` runs them; what else the user can reach they do not see, nor variables of the caller: `permissions` names what they do.
// - Parameters are those below: others, which `mlflow run` appends to a command, are refused.
// - Its entry point `main` is the step `start`, which runs when none is named.
import { main, pipeline, python, sh, step } from "sluice";

const env = python({ requirements: [] });

const startStep = step("start", {
  env,
  permissions: { net: true, write: ["."] },
  command: () => sh`bash -c 'echo begun > begun.txt; exit 3'`,
});

const projectPipeline = pipeline("project", {}, () => {
  const start = startStep({});
  return { start };
});

export default projectPipeline;
if (import.meta.main) await main(projectPipeline);
