/** `sluice env gc`: removes environments that nobody needs. */
import { refuse } from "../../core/error.ts";
import { showValue } from "../../core/parameter.ts";
import { formatSize, parseDuration } from "../../terminal/human_units.ts";
import { jsonLine } from "../../terminal/json_reporter.ts";
import { valueOf } from "../../terminal/option_values.ts";
import { jsonOption } from "../../terminal/run_flags.ts";
import { writeLines } from "../../terminal/text_sink.ts";
import { makeCommand } from "../command.ts";
import { environmentTable } from "./env_list.ts";

const dayMs = 86_400_000;

export const envGc = makeCommand({
  name: "env gc",
  summary: "Remove environments that nobody needs",
  description:
    "Those not used for a while, and those no lock names any more. What a running process uses stays; a later run makes again what it needs.",
  positionals: [],
  options: [
    {
      name: "older-than",
      value: { is: "text", placeholder: "TIME" },
      default: "30d",
      description: "How long an environment was not used, as 12h, 30d or 8w",
    },
    { name: "dry-run", short: "n", description: "Show what would be removed, and remove nothing" },
    jsonOption,
  ],
  examples: [
    { arguments: "--dry-run", description: "What would go" },
    { arguments: "--older-than 7d", description: "Keep a week" },
  ],
}, async (call) => {
  const text = valueOf(call.options, "older-than") ?? "30d";
  const olderThanMs = parseDuration(text) ?? refuse({
    code: "ARGUMENT_INVALID",
    message: `Cannot set \`--older-than\` to \`${showValue(text)}\` as it must be a time such as \`30d\``,
    hint: "Units are s, m, h, d and w",
  });
  const isDryRun = call.options.has("dry-run");
  const { openEnvironmentStore } = await import("../../compose/environment_store.ts");
  const store = await openEnvironmentStore(call.workingFolder, call.variables);
  const collected = await store.collectGarbage({ unusedForDays: olderThanMs / dayMs, isDryRun });
  if (call.options.has("json")) {
    call.stdout.write(`${jsonLine(collected)}\n`);
    return 0;
  }
  const { removed, leftovers, freedBytes } = collected;
  if (removed.length > 0) {
    const because = {
      head: "because",
      cell: (index: number) => removed[index]!.because === "unused" ? "not used" : "no lock names it",
    };
    writeLines(call.stdout, environmentTable(removed, call, because));
  }
  const done = isDryRun ? "Would remove" : "Removed";
  const half = leftovers === 0 ? "" : `, and ${leftovers} that were half made`;
  const count = `${removed.length} environment${removed.length === 1 ? "" : "s"}`;
  call.stderr.write(`${done} ${count} (${formatSize(freedBytes)})${half}\n`);
  return 0;
});
