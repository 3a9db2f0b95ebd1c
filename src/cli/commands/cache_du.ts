/** `sluice cache du`: what the store of results holds. */
import type { StoreUsage } from "../../compose/cache_store.ts";
import { formatDuration, formatSize } from "../../terminal/human_units.ts";
import { jsonLine } from "../../terminal/json_reporter.ts";
import { jsonOption } from "../../terminal/run_flags.ts";
import { tableLines } from "../../terminal/table.ts";
import { writeLines } from "../../terminal/text_sink.ts";
import { type Call, makeCommand } from "../command.ts";

export const cacheDu = makeCommand({
  name: "cache du",
  summary: "Show what the cache of results holds",
  description:
    "Files of outputs are kept once each, by content. What runs share with it, by links, frees nothing when it goes from the cache.",
  positionals: [],
  options: [jsonOption],
  examples: [
    { arguments: "", description: "Counts, sizes and ages" },
    { arguments: "--json", description: "For programs" },
  ],
}, async (call) => {
  const { openCacheStore } = await import("../../compose/cache_store.ts");
  const store = await openCacheStore(call.variables);
  const usage = await store.measure();
  if (call.options.has("json")) {
    call.stdout.write(`${jsonLine({ folder: store.folder, ...usage })}\n`);
    return 0;
  }
  writeLines(call.stdout, usageTable(usage, call));
  call.stderr.write(
    `${formatSize(usage.sizeBytes)} in ${store.folder}, of which ${formatSize(usage.sharedBytes)} ` +
      "are shared with runs\n",
  );
  return 0;
});

function usageTable({ rows }: StoreUsage, call: Call): string[] {
  const now = Date.now();
  const age = (at: number | undefined) =>
    at === undefined ? "–" : `${formatDuration(Math.max(0, now - at))} ago`;
  const cells = rows.map((row) => [
    row.what,
    String(row.count),
    formatSize(row.sizeBytes),
    formatSize(row.sharedBytes),
    age(row.oldestAt),
    age(row.newestAt),
  ]);
  const columns = call.columns === undefined ? {} : { columns: call.columns };
  const head = ["what", "count", "size", "shared with runs", "oldest", "newest"];
  return tableLines(head, cells, { paint: call.paint, right: [1, 2, 3], ...columns });
}
