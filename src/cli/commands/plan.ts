/** `sluice plan`: shows what would run, and runs nothing. */
import { type CommandSpec, helpOption, type OptionSpec } from "../../terminal/command_spec.ts";
import { escapeControls } from "../../terminal/json_reporter.ts";
import { valueOf } from "../../terminal/option_values.ts";
import { choosePaint } from "../../terminal/paint.ts";
import { colorOptions, entryPointOption, parameterOption, trackingOption } from "../../terminal/run_flags.ts";
import type { Command } from "../command.ts";
import { entryPointPositional, pipelinePositional, readPipelineCall } from "./pipeline_file.ts";

const planOptions: readonly OptionSpec[] = [
  entryPointOption,
  parameterOption,
  { name: "json", description: "Print the plan as JSON: the same bytes for the same inputs" },
  {
    name: "as",
    value: { is: "choice", placeholder: "FORMAT", choices: ["mlproject"] },
    description: "Print the commands in another format",
  },
  trackingOption,
  ...colorOptions,
  helpOption,
];

const spec: CommandSpec = {
  name: "plan",
  summary: "Show what would run, in which order and environment",
  positionals: [pipelinePositional, entryPointPositional],
  options: planOptions,
  examples: [
    { arguments: "pipeline.ts -e train", description: "The steps of one entry point" },
    { arguments: "pipeline.ts --json", description: "The whole plan, for programs" },
    { arguments: "pipeline.ts --as mlproject > MLproject", description: "Its commands for MLflow" },
  ],
};

export const plan: Command = {
  spec,
  async run(argv, surroundings) {
    const asked = await readPipelineCall(spec, argv, surroundings);
    if (asked === undefined) return 0;
    const { flags, options, request } = asked.command;
    const { planRequest } = await import("../../compose/plan_request.ts");
    const made = await planRequest(asked.definition, request, flags);
    const { stdout, variables, workingFolder } = surroundings;
    if (valueOf(options, "as") === "mlproject") {
      const { planAsMlproject } = await import("../../terminal/plan_as_mlproject.ts");
      stdout.write(planAsMlproject(made));
    } else if (flags.json) {
      const { canonicalJson } = await import("../../core/canonical_json.ts");
      const json = canonicalJson(made);
      stdout.write(`${stdout.isTerminal ? escapeControls(json) : json}\n`);
    } else {
      const { dryRunText } = await import("../../terminal/dry_run_text.ts");
      const paint = choosePaint(flags.color, stdout.isTerminal, (name) => variables[name]);
      stdout.write(`${dryRunText(made, workingFolder, paint)}\n`);
    }
    return 0;
  },
};
