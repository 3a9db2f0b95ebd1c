// Written by `sluice import` of MLproject.
// - Commands run in this folder and may write to it, with the network open, as `mlflow run` runs them; what else the user can reach they do not see, nor variables of the caller: `permissions` names what they do.
// - Parameters are those below: others, which `mlflow run` appends to a command, are refused.
// - Its entry point `main` is the step `start`, which runs when none is named.
import { choice, int, main, pipeline, python, sh, step } from "sluice";

const env = python({ requirements: [] });

const startStep = step("start", {
  env,
  params: {
    kind: choice("gini", "entropy").default("gini"),
    rounds: int().min(1).default(10),
    shuffle: choice("True", "False").default("True"),
  },
  permissions: { net: true, write: ["."] },
  command: ({ params }) =>
    sh`bash -c 'echo "$1" "$2" "$3" > out.txt' bash ${params.kind} ${params.rounds} ${params.shuffle}`,
});

const projectPipeline = pipeline("project", {
  params: {
    kind: startStep.params.kind,
    rounds: startStep.params.rounds,
    shuffle: startStep.params.shuffle,
  },
}, (params) => {
  const start = startStep({
    kind: params.kind,
    rounds: params.rounds,
    shuffle: params.shuffle,
  });
  return { start };
});

export default projectPipeline;
if (import.meta.main) await main(projectPipeline);
