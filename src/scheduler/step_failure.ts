/** What is said of a step whose process did not end well. */
import type { Failure } from "../core/error.ts";
import { inside } from "../core/place.ts";
import type { PlannedStep } from "../core/plan.ts";
import { isSoundTier } from "../core/sandbox_tier.ts";
import type { AttemptEnd } from "./run_process.ts";

/** Undefined for one that did, and for one that was stopped with its run. */
export function exitFailure(
  step: PlannedStep,
  { exit, isSandboxFailure, lastLines }: AttemptEnd,
): Failure | undefined {
  const at = inside(step.place, `step "${step.name}"`);
  const failed = (how: string, hint = closedHint(step, lastLines)): Failure => ({
    code: "STEP_FAILED",
    message: `Step "${step.name}" ${how}`,
    at,
    hint,
  });
  if (isSandboxFailure) {
    return {
      code: "SANDBOX_FAILED",
      message: `Cannot start step "${step.name}" as its sandbox cannot be made`,
      at,
      details: lastLines.join("\n"),
      hint: "`sluice doctor` says what this machine allows",
    };
  }
  switch (exit.is) {
    case "exited":
      return exit.code === 0 ? undefined : failed(`ended with exit code ${exit.code}`);
    case "signalled":
      return failed(
        `was ended by ${exit.signal}`,
        exit.signal === "SIGKILL" ? "It may have run out of memory" : undefined,
      );
    case "timed-out":
      return {
        code: "STEP_TIMED_OUT",
        message: `Step "${step.name}" was stopped as it ran longer than ${step.limits.timeoutMs} ms`,
        at,
        hint: "Raise its `timeout`",
      };
    case "over-memory":
      return {
        code: "STEP_OVER_MEMORY",
        message: `Step "${step.name}" was stopped as it took ${
          megabytes(exit.usedBytes)
        } of memory, and may take ${megabytes(step.limits.memoryBytes ?? 0)}`,
        at,
        hint: "Raise its `memory`",
      };
    case "over-cpu-time":
      return {
        code: "STEP_OVER_CPU_TIME",
        message:
          `Step "${step.name}" was stopped as it took more than ${step.limits.cpuTimeMs} ms of processors`,
        at,
        hint: "Raise its `cpuTime`",
      };
    case "not-started":
      return {
        code: "STEP_NOT_STARTED",
        message: `Cannot start step "${step.name}" as there is ${exit.reason}`,
        at,
        hint: "Name a program of its environment, or one of the system",
      };
    case "cancelled":
      return undefined;
  }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** What programs say when something is kept from them, by whatever holds them in every tier or by a sandbox alone. */
const closed: readonly {
  readonly always?: RegExp;
  readonly inSandbox?: RegExp;
  readonly hint: (step: PlannedStep) => string | undefined;
}[] = [
  {
    always: /Requires write access/,
    inSandbox: /Read-only file system|EROFS/,
    hint: () => 'It may write its outputs and below TMPDIR; `permissions: { write: ["…"] }` grants more',
  },
  {
    always: /Requires net access/,
    inSandbox:
      /Temporary failure in name resolution|Network is unreachable|Could not resolve host|getaddrinfo|ENETUNREACH/,
    hint: networkHint,
  },
  {
    always:
      /Requires env access|File "(<frozen os>|[^"]*\/os\.py)"[^]*\nKeyError: |\b[A-Z][A-Z0-9_]+: (unbound variable|parameter not set)/,
    hint: () => 'It has no variable of its caller but those that `permissions: { env: ["NAME"] }` names',
  },
  {
    always: /ModuleNotFoundError: No module named/,
    hint: () =>
      "It sees its `sources` and the packages of its environment: name the module's file in the one, or its package in the other",
  },
  {
    always: /Requires read access/,
    inSandbox: /No such file or directory|FileNotFoundError|ENOENT/,
    hint: ({ workingCopy }) =>
      workingCopy
        ? "It runs in a copy of the project's folder, and sees no other files but the system's and its environment's; `--sandbox=off` shows it all"
        : 'It sees its sources, its inputs and what `permissions: { read: ["…"] }` grants, and nothing else',
  },
];

function networkHint({ permissions: { net } }: PlannedStep): string | undefined {
  if (net === true) return undefined;
  return net === false || net.length === 0
    ? 'Its network is closed; `permissions: { net: ["host"] }` opens it to a host'
    : `It reaches ${net.join(", ")} by the proxy in HTTPS_PROXY, and no other host`;
}

function closedHint(step: PlannedStep, lines: readonly string[]): string {
  const text = lines.join("\n");
  const isSaid = (words: RegExp | undefined) => words?.test(text) === true;
  const isSandboxed = isSoundTier(step.sandbox);
  const said = closed.find(({ always, inSandbox }) => isSaid(always) || isSandboxed && isSaid(inSandbox));
  return said?.hint(step) ?? "Read its last lines, or its whole log";
}
