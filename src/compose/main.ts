/** The command line of a pipeline file: `deno run -A pipeline.ts train --alpha 0.1`. */
import { relative } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import { unwrap } from "../core/error.ts";
import { definitionOf } from "../dsl/pipeline.ts";
import { valueOf } from "../terminal/option_values.ts";
import { parsePipelineArguments } from "../terminal/pipeline_arguments.ts";
import { exportOption, strictOption } from "../terminal/run_flags.ts";
import { processSinks } from "../terminal/text_sink.ts";
import { runToExit } from "./run_to_exit.ts";
import { showUncaughtRefusals } from "./uncaught_refusal.ts";

showUncaughtRefusals();

/**
 * Runs a pipeline as the program's arguments say, then exits with 0, 1, 2, 70, 129, 130 or 143.
 *
 * ```ts
 * export default iris;
 * if (import.meta.main) await main(iris);
 * ```
 */
export async function main(pipeline: object, args: readonly string[] = Deno.args): Promise<void> {
  await runToExit(async () => {
    const definition = definitionOf(pipeline);
    const command = unwrap(parsePipelineArguments(definition, args));
    if (command.is === "run") {
      const folder = valueOf(command.options, exportOption.name);
      if (folder !== undefined) {
        const { exportAndTell } = await import("./export_command.ts");
        const isStrict = command.options.has(strictOption.name);
        const flags = { folder, isStrict, isJson: command.flags.json };
        return await exportAndTell(definition, flags, processSinks());
      }
      const { runCommand } = await import("./run_command.ts");
      return await runCommand(definition, command.request, command.flags);
    }
    const { answerPipelineCommand } = await import("../terminal/pipeline_answer.ts");
    answerPipelineCommand(definition, command, `deno run -A ${shownFile(definition.module)}`);
    return 0;
  });
}

function shownFile(module: string): string {
  const path = fileURLToPath(module);
  const shorter = relative(Deno.cwd(), path);
  return shorter.startsWith("..") ? path : shorter;
}
