/**
 * Cli: the program `sluice`. Arguments to calls, events to lines.
 *
 * A command is a file in `commands/`: its table, and what it does. What only it needs is loaded when it runs.
 */
import { runToExit } from "../compose/run_to_exit.ts";
import { processSinks } from "../terminal/text_sink.ts";
import { runProgram } from "./program.ts";

if (import.meta.main) {
  await runToExit(() =>
    runProgram(Deno.args, { ...processSinks(), workingFolder: Deno.cwd(), variables: Deno.env.toObject() })
  );
}
