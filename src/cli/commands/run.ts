/** `sluice run`: runs an entry point of a pipeline. */
import type { CommandSpec } from "../../terminal/command_spec.ts";
import { runOptions } from "../../terminal/run_flags.ts";
import { type Command, helpLayout } from "../command.ts";
import { findProjectCall } from "./project_call.ts";
import { entryPointPositional, pipelinePositional, readPipelineCall } from "./pipeline_file.ts";

const spec: CommandSpec = {
  name: "run",
  summary: "Run an entry point of a pipeline, or of an MLflow project",
  description:
    "Parameters are given as --alpha 0.1 or -P alpha=0.1; `sluice run PIPELINE --help` lists them. A folder with an MLproject and no pipeline.ts is an MLflow project: its options are those of `mlflow run`, and `sluice run FOLDER --help` lists them.",
  positionals: [pipelinePositional, entryPointPositional],
  options: runOptions,
  examples: [
    { arguments: "pipeline.ts", description: "Run what the pipeline returns" },
    { arguments: "pipeline.ts -e train -P alpha=0.1", description: "Run one step and what it needs" },
    {
      arguments: "my-project -e train -P alpha=0.1 --env-manager local",
      description: "Run an MLflow project",
    },
    { arguments: "pipelines/iris train --alpha 0.1 --dry-run", description: "Show what would run" },
  ],
};

export const run: Command = {
  spec,
  async run(argv, surroundings) {
    // While the folder is looked at: most calls that name no module are of projects.
    const loading = argv.some((word) => word.endsWith(".ts"))
      ? undefined
      : import("../../compose/project_command.ts");
    loading?.catch(() => {});
    const project = await findProjectCall(argv, surroundings.workingFolder);
    if (project !== undefined) {
      const { projectCommand, showProjectHelp } =
        await (loading ?? import("../../compose/project_command.ts"));
      if (project.is === "run") return await projectCommand(project.uri, project.entryPoint, project.flags);
      const help = { program: `sluice run ${project.uri}`, ...helpLayout(surroundings) };
      await showProjectHelp(project.uri, surroundings.workingFolder, surroundings.stdout, help);
      return 0;
    }
    const asked = await readPipelineCall(spec, argv, surroundings);
    if (asked === undefined) return 0;
    const { runCommand } = await import("../../compose/run_command.ts");
    return await runCommand(asked.definition, asked.command.request, asked.command.flags);
  },
};
