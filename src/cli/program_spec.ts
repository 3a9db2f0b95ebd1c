/** What the program says of itself, before any command. */
import { type Example, helpOption, type OptionSpec } from "../terminal/command_spec.ts";

export const programTitle = "sluice: typed machine-learning pipelines on Deno.";
export const programOptions: readonly OptionSpec[] = [
  helpOption,
  { name: "version", short: "V", description: "Print the version" },
];
export const programExamples: readonly Example[] = [
  { arguments: "init my-pipeline", description: "Write a pipeline to begin with" },
  { arguments: "run pipeline.ts -e train -P alpha=0.1", description: "Run one of its steps" },
  { arguments: "runs list", description: "See what ran" },
];
