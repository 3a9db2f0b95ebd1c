/** `sluice plan`: shows what would run, and runs nothing. */
import { type CommandSpec, helpOption, type OptionSpec } from "../../terminal/command_spec.ts";
import { valueOf } from "../../terminal/option_values.ts";
import { choosePaint } from "../../terminal/paint.ts";
import {
  cacheOption,
  colorOptions,
  entryPointOption,
  lockedOption,
  parameterOption,
  sandboxOption,
  trackingOption,
} from "../../terminal/run_flags.ts";
import { writeLines } from "../../terminal/text_sink.ts";
import type { Command } from "../command.ts";
import { entryPointPositional, pipelinePositional, readPipelineCall } from "./pipeline_file.ts";

const planOptions: readonly OptionSpec[] = [
  entryPointOption,
  parameterOption,
  { name: "json", description: "Print the plan as JSON, and what becomes of each step" },
  {
    name: "as",
    value: { is: "choice", placeholder: "FORMAT", choices: ["mlproject"] },
    description: "Print the commands in another format",
  },
  sandboxOption,
  cacheOption,
  lockedOption,
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
    const { stdout, variables, workingFolder } = surroundings;
    if (valueOf(options, "as") === "mlproject") {
      const { planRequest } = await import("../../compose/plan_request.ts");
      const { planAsMlproject } = await import("../../terminal/plan_as_mlproject.ts");
      stdout.write(planAsMlproject(await planRequest(asked.definition, request, flags)));
      return 0;
    }
    const { forecastRequest } = await import("../../compose/forecast_request.ts");
    const { plan, forecast } = await forecastRequest(asked.definition, request, flags);
    if (flags.json) {
      const { writePlanJson } = await import("../../terminal/forecast_json.ts");
      writePlanJson(plan, forecast, stdout);
    } else {
      const { dryRunLines } = await import("../../terminal/dry_run_text.ts");
      const paint = choosePaint(flags.color, stdout.isTerminal, (name) => variables[name]);
      writeLines(stdout, dryRunLines(plan, forecast, workingFolder, paint));
    }
    return 0;
  },
};
