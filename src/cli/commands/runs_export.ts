/** `sluice runs export`: runs to another tracker, or to a folder that other tools read. */
import { valueOf } from "../../terminal/option_values.ts";
import { jsonOption, trackingOption } from "../../terminal/run_flags.ts";
import { makeCommand } from "../command.ts";
import { refuse } from "../../core/error.ts";
import { moveByCall } from "./move_call.ts";
import { experimentOption } from "./run_records.ts";

export const runsExport = makeCommand({
  name: "runs export",
  summary: "Copy runs to another tracker, with all that belongs to them",
  description:
    "Experiments, runs with every point of their metrics, datasets, logged and registered models, and artifacts. Ids stay as they are, but on a server, which gives its own. What is there already stays, so doing it twice changes nothing, and doing it later adds what is new.",
  positionals: [{
    name: "run",
    value: { is: "text", placeholder: "RUN" },
    isOptional: true,
    isRepeatable: true,
    default: "all",
    description: "Ids of runs, or their first digits; runs nested in them go with them",
  }],
  options: [
    {
      name: "output",
      short: "o",
      value: { is: "file", placeholder: "PLACE" },
      description:
        "Where to: a tracker's file as runs.db, a folder as MLflow's mlruns, or a server's address",
    },
    experimentOption,
    jsonOption,
    trackingOption,
  ],
  examples: [
    { arguments: "-o /mnt/share/runs.db", description: "All runs, to a file beside its artifacts" },
    {
      arguments: "--experiment iris -o mlruns-iris",
      description: "One experiment, as a folder that older MLflow opens",
    },
    {
      arguments: "0123abcd -o ../other/mlflow.db",
      description: "One run with its steps, to another project",
    },
  ],
}, (call) => {
  const to = valueOf(call.options, "output") ?? refuse({
    code: "ARGUMENT_INVALID",
    message: "Cannot export runs as no place is named for them",
    hint: "Add `-o runs.db`",
  });
  return moveByCall(call, { from: valueOf(call.options, "tracking-uri"), to, runs: call.positionals });
});
