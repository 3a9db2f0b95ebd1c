/** `sluice cache verify`: reads the store of results again and removes what is damaged. */
import { formatSize } from "../../terminal/human_units.ts";
import { jsonLine } from "../../terminal/json_reporter.ts";
import { jsonOption } from "../../terminal/run_flags.ts";
import { tableLines } from "../../terminal/table.ts";
import { writeLines } from "../../terminal/text_sink.ts";
import { makeCommand } from "../command.ts";

export const cacheVerify = makeCommand({
  name: "cache verify",
  summary: "Read the cache of results again, and remove what is damaged",
  description:
    "Ends with 1 when something was damaged. A run never uses a damaged result, whether this was called or not.",
  positionals: [],
  options: [jsonOption],
  examples: [{ arguments: "", description: "Read every file of the cache" }],
}, async (call) => {
  const { openCacheStore } = await import("../../compose/cache_store.ts");
  const store = await openCacheStore(call.variables);
  const verified = await store.verify();
  const { files, results, records, readBytes, damaged } = verified;
  if (call.options.has("json")) call.stdout.write(`${jsonLine(verified)}\n`);
  else {
    const rows = damaged.map((each) => [each.is, each.name.slice(0, 12), each.because, each.path]);
    const columns = call.columns === undefined ? {} : { columns: call.columns };
    const head = ["removed", "name", "because", "path"];
    if (rows.length > 0) writeLines(call.stdout, tableLines(head, rows, { paint: call.paint, ...columns }));
    call.stderr.write(
      `Read ${files} files (${formatSize(readBytes)}), ${results} results and ${records} records: ` +
        `${
          damaged.length === 0 ? "all as they were made" : `${damaged.length} were damaged and are removed`
        }\n`,
    );
  }
  return damaged.length === 0 ? 0 : 1;
});
