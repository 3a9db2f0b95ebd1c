/** `sluice env list`: the environments of this user, whichever project made them. */
import type { StoredEnvironment } from "../../compose/environment_store.ts";
import { formatDuration, formatSize } from "../../terminal/human_units.ts";
import { jsonLine } from "../../terminal/json_reporter.ts";
import { jsonOption } from "../../terminal/run_flags.ts";
import { shownPath } from "../../terminal/shown_path.ts";
import { tableLines } from "../../terminal/table.ts";
import { writeLines } from "../../terminal/text_sink.ts";
import { type Call, makeCommand } from "../command.ts";

export const envList = makeCommand({
  name: "env list",
  summary: "List the environments in the cache",
  positionals: [],
  options: [jsonOption],
  examples: [
    { arguments: "", description: "The last used first" },
    { arguments: "--json", description: "For programs" },
  ],
}, async (call) => {
  const { openEnvironmentStore } = await import("../../compose/environment_store.ts");
  const store = await openEnvironmentStore(call.workingFolder, call.variables);
  const found = await store.list();
  if (call.options.has("json")) call.stdout.write(`${jsonLine(found)}\n`);
  else if (found.length === 0) {
    call.stderr.write("There are no environments yet: a run makes those it needs\n");
  } else writeLines(call.stdout, environmentTable(found, call));
  return 0;
});

/** `more` adds a column. */
export function environmentTable(
  found: readonly StoredEnvironment[],
  call: Call,
  more?: { readonly head: string; readonly cell: (index: number) => string },
): string[] {
  const head = [
    "id",
    "kind",
    "packages",
    "size",
    "last used",
    "projects",
    ...(more === undefined ? [] : [more.head]),
  ];
  const rows = found.map((one, index) => [
    one.id.replace("sha256:", "").slice(0, 12),
    one.python === undefined ? one.kind : `${one.kind} ${one.python}`,
    String(one.packages),
    formatSize(one.sizeBytes),
    `${formatDuration(Math.max(0, Date.now() - one.lastUsedAt))} ago`,
    one.projects.map((project) => shownPath(project, call.workingFolder)).join(", "),
    ...(more === undefined ? [] : [more.cell(index)]),
  ]);
  const columns = call.columns === undefined ? {} : { columns: call.columns };
  return tableLines(head, rows, { paint: call.paint, right: [2, 3], ...columns });
}
