/** `sluice export`: a pipeline as a folder that MLflow runs. */
import { refuse } from "../../core/error.ts";
import { jsonOption, strictOption } from "../../terminal/run_flags.ts";
import { valueOf } from "../../terminal/option_values.ts";
import { makeCommand } from "../command.ts";
import { pipelinePositional } from "./pipeline_file.ts";

export const exportCommand = makeCommand({
  name: "export",
  summary: "Write a pipeline as an MLflow project",
  description:
    "`mlflow run DIR -e train -P alpha=0.1` then does what `sluice run` does, with each step as a nested run. What an MLflow project cannot say is listed.",
  positionals: [pipelinePositional],
  options: [
    {
      name: "output",
      short: "o",
      value: { is: "file", placeholder: "DIR" },
      description: "Folder to write, which is not there yet or is empty",
    },
    strictOption,
    jsonOption,
  ],
  examples: [
    { arguments: "pipeline.ts -o ../iris-project", description: "Then: mlflow run ../iris-project" },
    { arguments: "pipeline.ts -o ../iris-project --json", description: "What was written, for programs" },
  ],
}, async (call) => {
  const folder = valueOf(call.options, "output");
  if (folder === undefined) {
    refuse({
      code: "ARGUMENT_INVALID",
      message: "Cannot export without a folder to write to",
      hint: "Name one, as in `sluice export pipeline.ts -o ../project`",
    });
  }
  const { exportAndTell } = await import("../../compose/export_command.ts");
  const { loadPipeline } = await import("../../compose/load_pipeline.ts");
  const definition = await loadPipeline(call.positionals[0] ?? ".", call.workingFolder);
  return await exportAndTell(definition, {
    folder,
    isStrict: call.options.has(strictOption.name),
    isJson: call.options.has(jsonOption.name),
  }, call);
});
