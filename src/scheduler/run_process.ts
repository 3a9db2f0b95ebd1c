/** One attempt of a step: its working folder, its process, and everything it logs while it runs. */
import { join } from "node:path";
import { fillCommand } from "../core/command.ts";
import type { ReadyEnvironment } from "../core/environment.ts";
import { makeFolder } from "../core/file_tree.ts";
import { outputFileName } from "../core/kind.ts";
import type { PlannedStep } from "../core/plan.ts";
import type { ProcessExit, Program, RunServerSession, SandboxPolicy } from "../core/ports.ts";
import type { FunctionCall } from "../core/run.ts";
import { denoFolder } from "./deno_folder.ts";
import { followLog, type LogContent } from "./follow_log.ts";
import type { Services } from "./services.ts";
import type { StepInputs } from "./step_inputs.ts";

export interface Attempt {
  readonly step: PlannedStep;
  readonly inputs: StepInputs;
  readonly environment: ReadyEnvironment;
  /** Empty, and the step's alone; holds `outputs`, `temporary` and the file for `SLUICE_LOG`. */
  readonly folder: string;
  /** Where its whole output goes. */
  readonly log: string;
  /** Of the run's own server, for a command. */
  readonly session: RunServerSession | undefined;
}

export interface AttemptEnd {
  readonly exit: ProcessExit;
  /** The end of what it printed. */
  readonly lastLines: readonly string[];
}

/** How many lines of a failed step are shown. */
const lastLineCount = 20;

export async function runAttempt(
  attempt: Attempt,
  services: Services,
  signal: AbortSignal,
  take: (content: LogContent) => Promise<void>,
): Promise<AttemptEnd> {
  const { step } = attempt;
  const outputs = join(attempt.folder, "outputs");
  const temporary = join(attempt.folder, "temporary");
  const logLines = join(attempt.folder, "log.jsonl");
  // At once: each of these takes less time than it would wait for its turn.
  [outputs, temporary].forEach(makeFolder);
  Deno.writeTextFileSync(logLines, "");
  const outputPaths = Object.fromEntries(
    Object.entries(step.outputs).map(([name, kind]) => [name, join(outputs, outputFileName(name, kind))]),
  );
  const variables = variablesOf(attempt, services, temporary, logLines);
  const program = programOf(step, attempt.inputs, outputPaths);
  const confined = services.sandbox.confine(
    program,
    policyOf(attempt, [outputs, temporary, logLines], variables),
  );
  const following = followLog(logLines, services.clock, take);
  const lastLines: string[] = [];
  try {
    const exit = await services.engine.run({
      argv: confined.argv,
      folder: step.folder,
      variables,
      log: attempt.log,
      ...(step.limits.timeoutMs === undefined ? {} : { timeoutMs: step.limits.timeoutMs }),
      ...(step.body.is === "function"
        ? { stdin: JSON.stringify(callOf(step, attempt.inputs, outputPaths)) }
        : {}),
    }, {
      signal,
      onLine(stream, line) {
        if (lastLines.push(line) > lastLineCount) lastLines.shift();
        services.emit({ is: "step-output", at: services.clock(), step: step.name, stream, line });
      },
    });
    return { exit, lastLines };
  } finally {
    await following.stop();
  }
}

function programOf(
  step: PlannedStep,
  inputs: StepInputs,
  outputs: Readonly<Record<string, string>>,
): Program {
  if (step.body.is === "function") return { is: "function", module: step.body.module, step: step.body.step };
  const argv = fillCommand(step.body.command, {
    parameters: inputs.parameters,
    inputs: inputs.paths,
    outputs,
  });
  const [program, ...rest] = argv;
  return { is: "command", argv: [program ?? "", ...rest] };
}

function callOf(
  step: PlannedStep,
  inputs: StepInputs,
  outputs: Readonly<Record<string, string>>,
): FunctionCall {
  const paths = Object.entries(inputs.paths).map(([name, path]) =>
    [name, path === undefined ? null : typeof path === "string" ? path : [...path]] as const
  );
  return {
    step: step.body.is === "function" ? step.body.step : step.name,
    parameters: inputs.parameters,
    inputs: Object.fromEntries(paths),
    outputs,
  };
}

/** Nothing is inherited but what the step names; a home of its own keeps settings of the user out. */
function variablesOf(
  attempt: Attempt,
  services: Services,
  temporary: string,
  logLines: string,
): Record<string, string> {
  const { environment, step } = attempt;
  const granted = step.permissions.env.flatMap((name) => {
    const value = services.variables[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const usesDeno = step.body.is === "function" || step.environment.kind === "deno";
  const packages = usesDeno ? denoFolder(services.variables) : undefined;
  return {
    LANG: "C.UTF-8",
    ...(packages === undefined ? {} : { DENO_DIR: packages }),
    ...environment.variables,
    ...attempt.session?.variables,
    ...Object.fromEntries(granted),
    PATH: [...environment.path, "/usr/local/bin", "/usr/bin", "/bin"].join(":"),
    HOME: granted.find(([name]) => name === "HOME")?.[1] ?? temporary,
    TMPDIR: temporary,
    SLUICE_LOG: logLines,
  };
}

function policyOf(
  attempt: Attempt,
  own: readonly string[],
  variables: Readonly<Record<string, string>>,
): SandboxPolicy {
  const { step, inputs, environment } = attempt;
  const given = Object.values(inputs.paths).flatMap((path) => path === undefined ? [] : path);
  const paths = Object.entries(inputs.parameters)
    .filter(([name]) => step.parameters[name]?.type === "path").map(([, path]) => String(path));
  const isDeno = step.environment.kind === "deno";
  return {
    read: [...own, ...given, ...paths, ...step.permissions.read, ...(isDeno ? [] : environment.folders)],
    write: [...own, ...step.permissions.write],
    net: step.permissions.net,
    variables: Object.keys(variables),
    run: step.environment.kind === "python" ? environment.path.map((folder) => join(folder, "python")) : [],
  };
}
