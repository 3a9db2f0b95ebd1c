// Written by `sluice import` of MLproject.
// - Commands run in this folder and may write to it, with the network open, as `mlflow run` runs them; what else the user can reach they do not see, nor variables of the caller: `permissions` names what they do.
// - Parameters are those below: others, which `mlflow run` appends to a command, are refused.
// - It has no entry point `main`: when none is named, all run; `mlflow run` asks for one.
import { main, pipeline, python, sh, step, string } from "sluice";

const env = python({ requirements: [] });

// MLproject:3: parameter `größe` has a name that no parameter can have.
const class2Step = step("class", {
  env,
  params: {
    "a-b": string().default("1"),
    "gro-e": string().default("2"),
    new: string().default("3"),
  },
  permissions: { net: true, write: ["."] },
  command: ({ params }) =>
    sh`bash -c 'echo "$1" "$2" "$3" > class.txt' bash ${params["a-b"]} ${
      params["gro-e"]
    } ${params.new}`,
});

// MLproject:6: entry point `train model` has a name that no step can have.
const trainModelStep = step("train-model", {
  env,
  params: {
    "a-b": string().default("1"),
  },
  permissions: { net: true, write: ["."] },
  command: ({ params }) => sh`cp class.txt ${params["a-b"]}.txt`,
});

const groEXYPipeline = pipeline("gro-e-x-y", {
  params: {
    "a-b": class2Step.params["a-b"],
    "gro-e": class2Step.params["gro-e"],
    new: class2Step.params.new,
  },
}, (params) => {
  const class2 = class2Step({
    "a-b": params["a-b"],
    "gro-e": params["gro-e"],
    new: params.new,
  });
  const trainModel = trainModelStep({ "a-b": params["a-b"] });
  return { class: class2, "train-model": trainModel };
});

export default groEXYPipeline;
if (import.meta.main) await main(groEXYPipeline);
