// Written by `sluice import` of MLproject.
// - Commands run in this folder and may write to it, with the network open, as `mlflow run` runs them; what else the user can reach they do not see, nor variables of the caller: `permissions` names what they do.
// - Parameters are those below: others, which `mlflow run` appends to a command, are refused.
// - Its entry point `main` is the step `start`, which runs when none is named.
import { main, pipeline, python, sh, step, string } from "sluice";

const env = python({ requirements: [] });

const startStep = step("start", {
  env,
  params: {
    first: string().default("a b"),
    second: string().default("c"),
  },
  permissions: { net: true, write: ["."] },
  command: ({ params }) =>
    sh`bash -c ${'printf \'%s\\n\' "$1" "$2" | sort > sorted.txt\nfor word in "$2" two; do echo "$word"; done >> sorted.txt && wc -l < sorted.txt > count.txt\n'} bash ${params.second} ${params.first}`,
});

const shellTextPipeline = pipeline("shell-text", {
  params: { first: startStep.params.first, second: startStep.params.second },
}, (params) => {
  const start = startStep({ first: params.first, second: params.second });
  return { start };
});

export default shellTextPipeline;
if (import.meta.main) await main(shellTextPipeline);
