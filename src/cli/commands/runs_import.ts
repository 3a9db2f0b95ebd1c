/** `sluice runs import`: runs of another tracker, of MLflow's too, to ours. */
import { valueOf } from "../../terminal/option_values.ts";
import { jsonOption, trackingOption } from "../../terminal/run_flags.ts";
import { makeCommand } from "../command.ts";
import { moveByCall } from "./move_call.ts";
import { experimentOption } from "./run_records.ts";

export const runsImport = makeCommand({
  name: "runs import",
  summary: "Copy runs of another tracker here, with all that belongs to them",
  description:
    "From a file of ours or MLflow's, an mlruns folder of older MLflow, or a server. Ids stay as they are, but on a server, which gives its own. What is here already stays, so doing it twice changes nothing, and doing it later adds what is new.",
  positionals: [
    {
      name: "source",
      value: { is: "file", placeholder: "SOURCE" },
      description: "A tracker's file, a folder as MLflow's mlruns, or a server's address",
    },
    {
      name: "run",
      value: { is: "text", placeholder: "RUN" },
      isOptional: true,
      isRepeatable: true,
      default: "all",
      description: "Ids of runs, or their first digits; runs nested in them come with them",
    },
  ],
  options: [experimentOption, jsonOption, trackingOption],
  examples: [
    { arguments: "../old/mlruns", description: "All runs of a folder of older MLflow" },
    { arguments: "http://mlflow.example:5000", description: "All runs of a server" },
    { arguments: "other.db --experiment iris", description: "One experiment of another file" },
  ],
}, (call) => {
  const [from, ...runs] = call.positionals;
  return moveByCall(call, { from: from!, to: valueOf(call.options, "tracking-uri"), runs });
});
