/** One attempt of a step: its working folder, its process, and everything it logs while it runs. */
import { join } from "node:path";
import { fillCommand } from "../core/command.ts";
import type { ReadyEnvironment } from "../core/environment.ts";
import { makeFolder } from "../core/file_tree.ts";
import { outputFileName } from "../core/kind.ts";
import type { PlannedStep } from "../core/plan.ts";
import type { ProcessExit } from "../core/ports/engine.ts";
import type { RunServerSession } from "../core/ports/run_server.ts";
import type { Hold, Program, ProxySession, SandboxPolicy } from "../core/ports/sandbox.ts";
import type { FunctionCall } from "../core/run.ts";
import { workingCopyInput } from "../core/working_copy.ts";
import { activated } from "./activated.ts";
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
  readonly hold: Hold;
  /** Of the run's own server, where the step is to find one. */
  readonly session: RunServerSession | undefined;
}

export interface AttemptEnd {
  readonly exit: ProcessExit;
  /** The end of what it printed. */
  readonly lastLines: readonly string[];
  /** What it printed is what the sandbox says of itself: the program never ran. */
  readonly isSandboxFailure: boolean;
}

/** How many lines of a failed step are shown. */
const lastLineCount = 20;

/** Throws what sandbox, engine and tracker fail with; every process is dead then. */
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
  const program = programOf(step, attempt.inputs, outputPaths, attempt.environment);
  const copy = step.workingCopy && await copyFolder(attempt, services);
  const following = followLog(logLines, services.clock, take);
  const lastLines: string[] = [];
  let proxy: ProxySession | undefined;
  try {
    if (typeof step.permissions.net === "object") {
      const servers = attempt.session === undefined ? [] : [attempt.session.server];
      proxy = await services.sandbox.openProxy(step.permissions.net, attempt.hold, servers);
    }
    const own = { folder: copy?.folder ?? step.folder, outputs, temporary, logLines };
    const variables = variablesOf(attempt, services, own, proxy);
    const policy = policyOf(attempt, services, own, variables, proxy);
    const confined = await services.sandbox.confine(program, policy, attempt.hold);
    const { timeoutMs, memoryBytes, cpuTimeMs } = step.limits;
    const exit = await services.engine.run({
      argv: confined.argv,
      files: confined.files,
      folder: own.folder,
      variables,
      log: attempt.log,
      tellsSignals: confined.tellsSignals,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(cpuTimeMs === undefined ? {} : { cpuTimeMs }),
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
    if (copy !== undefined && isSuccess(exit)) {
      const { collectChanges } = await import("./working_copy.ts");
      await collectChanges(step, copy, outputPaths as Record<"changes" | "files", string>);
    }
    return { exit, lastLines, isSandboxFailure: isOfSandbox(exit, lastLines, confined.failureMark) };
  } finally {
    proxy?.close();
    await following.stop();
  }
}

const isSuccess = (exit: ProcessExit): boolean => exit.is === "exited" && exit.code === 0;

async function copyFolder({ step, inputs, folder }: Attempt, { files }: Services) {
  const { makeWorkingCopy } = await import("./working_copy.ts");
  const before = inputs.paths[workingCopyInput] ?? [];
  return await makeWorkingCopy(step.folder, files.visible(step), [before].flat(), join(folder, "folder"));
}

/** The sandbox says one line and ends. */
function isOfSandbox(exit: ProcessExit, lines: readonly string[], mark: string | undefined): boolean {
  return mark !== undefined && exit.is === "exited" && exit.code !== 0 && lines.length > 0 &&
    lines.length < 3 && lines[0]!.startsWith(mark);
}

function programOf(
  step: PlannedStep,
  inputs: StepInputs,
  outputs: Readonly<Record<string, string>>,
  { activation }: ReadyEnvironment,
): Program {
  if (step.body.is === "function") return { is: "function", module: step.body.module, step: step.body.step };
  const argv = fillCommand(step.body.command, {
    parameters: inputs.parameters,
    inputs: inputs.paths,
    outputs,
  });
  const [program, ...rest] = argv;
  return { is: "command", argv: activated([program ?? "", ...rest], activation) };
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

/** The folders and the file of one attempt. */
interface Own {
  /** Where it runs. */
  readonly folder: string;
  readonly outputs: string;
  readonly temporary: string;
  readonly logLines: string;
}

/** Nothing is inherited but what the step names; a home of its own keeps settings of the user out. */
function variablesOf(
  attempt: Attempt,
  services: Services,
  { temporary, logLines }: Own,
  proxy: ProxySession | undefined,
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
    // After the server's own: both say what goes round the proxy, and the proxy leads to the server as well.
    ...proxy?.variables,
    ...Object.fromEntries(granted),
    PATH: [...environment.path, "/usr/local/bin", "/usr/bin", "/bin"].join(":"),
    HOME: granted.find(([name]) => name === "HOME")?.[1] ?? temporary,
    TMPDIR: temporary,
    SLUICE_LOG: logLines,
  };
}

function policyOf(
  attempt: Attempt,
  services: Services,
  { folder, outputs, temporary, logLines }: Own,
  variables: Readonly<Record<string, string>>,
  proxy: ProxySession | undefined,
): SandboxPolicy {
  const { step, inputs, environment, session } = attempt;
  // What is laid over a copy is seen in the copy.
  const given = step.workingCopy ? [] : Object.values(inputs.paths).flatMap((path) => path ?? []);
  const paths = Object.entries(inputs.parameters)
    .filter(([name]) => step.parameters[name]?.type === "path").map(([, path]) => String(path));
  return {
    folder,
    ...(environment.root === undefined ? {} : { root: environment.root }),
    code: step.workingCopy ? [] : services.files.visible(step),
    read: [...given, ...paths, ...step.permissions.read, ...environment.folders],
    write: [step.workingCopy ? folder : outputs, logLines, ...step.permissions.write],
    temporary,
    net: step.permissions.net,
    gpu: step.permissions.gpu,
    variables,
    run: ["conda", "python"].includes(step.environment.kind)
      ? environment.path.map((folder) => join(folder, "python"))
      : [],
    servers: [session?.server, proxy?.server].filter((server) => server !== undefined),
  };
}
