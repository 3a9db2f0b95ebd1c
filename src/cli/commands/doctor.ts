/** `sluice doctor`: what this machine has of what runs need, and what to do about the rest. */
import type { Examined } from "../../compose/examine_machine.ts";
import { jsonLine } from "../../terminal/json_reporter.ts";
import { valueOf } from "../../terminal/option_values.ts";
import type { Colour } from "../../terminal/paint.ts";
import { jsonOption, trackingOption } from "../../terminal/run_flags.ts";
import { tableLines } from "../../terminal/table.ts";
import { writeLines } from "../../terminal/text_sink.ts";
import { makeCommand } from "../command.ts";

const marks: Readonly<Record<Examined["state"], readonly [mark: string, colour: Colour]>> = {
  ok: ["✓", "green"],
  later: ["·", "dim"],
  missing: ["✗", "red"],
};

export const doctor = makeCommand({
  name: "doctor",
  summary: "Say what this machine has of what runs need",
  description: "Changes nothing. Exits with 2 when something that is needed is missing.",
  positionals: [],
  options: [jsonOption, trackingOption],
  examples: [
    { arguments: "", description: "A table, and what to do" },
    { arguments: "--json", description: "For programs" },
  ],
}, async (call) => {
  const { examineMachine } = await import("../../compose/examine_machine.ts");
  const uri = valueOf(call.options, "tracking-uri");
  const { workingFolder, variables } = call;
  const examined = await examineMachine({ workingFolder, variables, ...(uri === undefined ? {} : { uri }) });
  if (call.options.has("json")) {
    call.stdout.write(`${jsonLine(examined)}\n`);
  } else {
    const rows = examined.map(({ name, state, found, advice }) => {
      const [text, colour] = marks[state];
      return [{ text, colour }, name, { text: state, colour }, found, advice ?? ""];
    });
    writeLines(
      call.stdout,
      tableLines(["", "what", "state", "found", "what to do"], rows, { paint: call.paint }),
    );
  }
  return examined.some(({ state }) => state === "missing") ? 2 : 0;
});
