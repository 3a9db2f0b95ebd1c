/** `sluice cache gc`: removes from the store of results what is used least. */
import type { CollectedStore } from "../../compose/cache_store.ts";
import { refuse } from "../../core/error.ts";
import { showValue } from "../../core/parameter.ts";
import { formatSize, parseDuration, parseSize } from "../../terminal/human_units.ts";
import { jsonLine } from "../../terminal/json_reporter.ts";
import { valueOf } from "../../terminal/option_values.ts";
import { jsonOption } from "../../terminal/run_flags.ts";
import { makeCommand } from "../command.ts";

const defaultMax = "50GB";

export const cacheGc = makeCommand({
  name: "cache gc",
  summary: "Remove results that are used least",
  description:
    "The least recently used first, until the cache fits. Runs keep their artifacts, and what a running step uses stays; a step whose result went runs again.",
  positionals: [],
  options: [
    {
      name: "max",
      value: { is: "text", placeholder: "SIZE" },
      default: defaultMax,
      description: "How much may stay, as 500MB, 50GB or 1TiB",
    },
    {
      name: "older-than",
      value: { is: "text", placeholder: "TIME" },
      description: "Remove also what was not used for so long, as 12h, 30d or 8w",
    },
    { name: "dry-run", short: "n", description: "Show what would be removed, and remove nothing" },
    jsonOption,
  ],
  examples: [
    { arguments: "--max 10GB --dry-run", description: "What would go" },
    { arguments: "--older-than 30d", description: "What was not used for a month" },
  ],
}, async (call) => {
  const max = valueOf(call.options, "max") ?? defaultMax;
  const age = valueOf(call.options, "older-than");
  const maxBytes = parseSize(max) ??
    refuseValue("max", max, "a size such as `50GB`", "Units are B, kB, MB, GB, TB, KiB, MiB, GiB and TiB");
  const unusedForMs = age === undefined ? undefined : parseDuration(age) ??
    refuseValue("older-than", age, "a time such as `30d`", "Units are s, m, h, d and w");
  const isDryRun = call.options.has("dry-run");
  const { openCacheStore } = await import("../../compose/cache_store.ts");
  const store = await openCacheStore(call.variables);
  const collected = await store.collectGarbage({
    ...{ maxBytes, isDryRun },
    ...(unusedForMs === undefined ? {} : { unusedForMs }),
  });
  if (call.options.has("json")) call.stdout.write(`${jsonLine(collected)}\n`);
  else call.stderr.write(`${isDryRun ? "Would remove" : "Removed"} ${describe(collected)}\n`);
  return 0;
});

function describe(
  { removed, files, leftovers, removedBytes, freedBytes, keptBytes }: CollectedStore,
): string {
  const count = (is: "result" | "record") => counted(removed.filter((each) => each.is === is).length, is);
  const half = leftovers === 0 ? "" : `, and ${leftovers} that were half made`;
  return `${count("result")}, ${count("record")} and ${counted(files, "file")} (${
    formatSize(removedBytes)
  }, of ` +
    `which ${formatSize(freedBytes)} are freed)${half}; ${formatSize(keptBytes)} stay`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

function refuseValue(option: string, text: string, rule: string, hint: string): never {
  refuse({
    code: "ARGUMENT_INVALID",
    message: `Cannot set \`--${option}\` to \`${showValue(text)}\` as it must be ${rule}`,
    hint,
  });
}
