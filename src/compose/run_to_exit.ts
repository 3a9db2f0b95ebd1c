/** Ends the process as the command line promises: 0, 1 or 2 by what happened, 70 for a bug of ours. */
import { codes, type Failure, refuse, SluiceError } from "../core/error.ts";
import { machineFailure } from "../core/system_error.ts";
import { failureLines } from "../terminal/failure_text.ts";
import { choosePaint } from "../terminal/paint.ts";
import type { ColorChoice } from "../terminal/run_flags.ts";
import { ignoresHangup } from "./hangup.ts";
import { sluiceRoot } from "./version.ts";
import { lostText, processSinks, type TextSink } from "../terminal/text_sink.ts";

/** The exit code for a bug, as `sysexits.h` has it. */
const bugExitCode = 70;

/**
 * Runs `action` and exits with the code it returns.
 *
 * A `SluiceError`, or what the machine could not do, is written to standard error and exits with the code of its kind;
 * anything else that is thrown, also in a timer or a promise that nobody awaits, is a bug: its stack is shown, and the
 * code is 70. Never returns.
 */
export async function runToExit(action: () => Promise<number>): Promise<never> {
  // Over the limit of a file's size: heard here it ends nothing, and the write fails as on a full disk.
  if (Deno.build.os === "linux") {
    if (ignoresHangup()) Deno.addSignalListener("SIGHUP", () => {});
    Deno.addSignalListener("SIGXFSZ", () => {});
  }
  const { stderr } = processSinks();
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    Deno.exit(exitCodeFor(orUsersOwn(event.reason), stderr));
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    Deno.exit(exitCodeFor(orUsersOwn(event.error), stderr));
  });
  let code: number;
  try {
    code = await action();
    const loss = lostText();
    if (loss !== undefined && code === 0) refuse(lossFailure(loss));
  } catch (error) {
    code = exitCodeFor(error, stderr);
  }
  Deno.exit(code);
}

/** What code of the user throws by itself, in a timer or a promise that nobody awaits, is no bug of ours. */
function orUsersOwn(error: unknown): unknown {
  const stack = error instanceof Error && !(error instanceof SluiceError) ? error.stack ?? "" : "";
  if (!stack.includes("file://") || stack.includes(sluiceRoot)) return error;
  return new SluiceError({
    code: "PIPELINE_FILE_THREW",
    message: "Cannot go on as the pipeline's own code threw, in a timer or a promise that is not awaited",
    details: stack,
    hint: "Mend the code; what a module of a pipeline does at its top is done whenever it is imported",
  });
}

const lossFailure = (why: string): Failure => ({
  code: "TEXT_NOT_WRITTEN",
  message: `Cannot write to standard output or error: ${why}`,
  hint: "Write to another place; a run itself was not stopped by it",
});

/** Writes what was thrown to `stderr`; the exit code it stands for. */
function exitCodeFor(error: unknown, stderr: TextSink): number {
  if (error instanceof SluiceError) {
    writeFailure(error.failure, stderr);
    return codes[error.failure.code];
  }
  const failure = machineFailure(error, "Cannot go on");
  if (failure !== undefined) return exitCodeFor(new SluiceError(failure), stderr);
  const stack = error instanceof Error ? error.stack ?? String(error) : `thrown: ${Deno.inspect(error)}`;
  stderr.write(`${stack}\n\nThis is a bug of sluice, please report it with the lines above\n`);
  return bugExitCode;
}

/** Without `color`, the program's own arguments `--no-color` and `--color` say whether colours are wanted. */
export function writeFailure(failure: Failure, stderr: TextSink, color: ColorChoice = colorAsked()): void {
  const paint = choosePaint(color, stderr.isTerminal, Deno.env.get);
  stderr.write(`${failureLines(failure, paint).join("\n")}\n`);
}

/** What was asked for may be wrong as a whole, so the flag is looked for by itself. */
function colorAsked(): ColorChoice {
  const at = Deno.args.indexOf("--color");
  const [, together] = Deno.args.find((word) => word.startsWith("--color="))?.split("=") ?? [];
  const asked = Deno.args.includes("--no-color")
    ? "never"
    : together ?? (at < 0 ? undefined : Deno.args[at + 1]);
  return asked === "never" || asked === "always" ? asked : "auto";
}
