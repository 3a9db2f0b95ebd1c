/** The flags of a run: the same for `sluice run` and for a pipeline file. */
import { type SandboxMode, sandboxModes } from "../core/sandbox_tier.ts";
import { type OptionValues, valueOf } from "./option_values.ts";
import { helpOption, type OptionSpec } from "./command_spec.ts";

export type ColorChoice = "auto" | "never" | "always";

/** How to run and how to show it; everything but the entry point and its parameters. */
export interface RunFlags {
  /** Show the plan, run nothing. */
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  /** Print what steps print. */
  readonly verbose: boolean;
  readonly color: ColorChoice;
  readonly keepGoing: boolean;
  readonly sandbox: SandboxMode;
  readonly useCache: boolean;
  readonly locked: boolean;
  readonly jobs?: number;
  readonly experimentName?: string;
  readonly runName?: string;
  readonly trackingUri?: string;
  /** Files to write a summary of the run to. */
  readonly summaries: readonly string[];
}

export const entryPointOption: OptionSpec = {
  name: "entry-point",
  short: "e",
  value: { is: "text", placeholder: "NAME" },
  default: "main",
  description: "What to run",
};

export const parameterOption: OptionSpec = {
  name: "param",
  short: "P",
  value: { is: "text", placeholder: "NAME=VALUE" },
  isRepeatable: true,
  description: "Set a parameter, whatever its name",
};

export const jsonOption: OptionSpec = { name: "json", description: "Print JSON for programs" };

/** The same of a run. */
export const eventsOption: OptionSpec = { name: "json", description: "Print events as JSON, one a line" };

export const quietOption: OptionSpec = {
  name: "quiet",
  short: "q",
  description: "Print failures and the last line only",
};

export const runNameOption: OptionSpec = {
  name: "run-name",
  value: { is: "text", placeholder: "NAME" },
  default: "a new one",
  description: "Name of the run",
};

export const trackingOption: OptionSpec = {
  name: "tracking-uri",
  value: { is: "text", placeholder: "URI" },
  default: "MLFLOW_TRACKING_URI, else sqlite:///mlflow.db",
  description: "Where runs are logged",
};

export const colorOptions: readonly OptionSpec[] = [
  {
    name: "color",
    value: { is: "choice", placeholder: "WHEN", choices: ["auto", "never", "always"] },
    default: "auto",
    description: "When to use colours; auto is on a terminal, unless NO_COLOR is set",
  },
  { name: "no-color", description: "The same as --color never" },
];

export const completionOption: OptionSpec = {
  name: "completion",
  value: { is: "choice", placeholder: "SHELL", choices: ["bash", "zsh", "fish"] },
  description: "Print a completion script for this file",
};

export const exportOption: OptionSpec = {
  name: "export",
  value: { is: "file", placeholder: "DIR" },
  description: "Run nothing, and write the pipeline as an MLflow project to a new folder",
};

export const strictOption: OptionSpec = {
  name: "strict",
  description: "Export no pipeline of which an MLflow project cannot say all",
};

export const sandboxOption: OptionSpec = {
  name: "sandbox",
  value: { is: "choice", placeholder: "MODE", choices: sandboxModes },
  default: "auto",
  description:
    "What holds a step: auto is bubblewrap, else Landlock; require is bubblewrap only; off is nothing",
};

export const cacheOption: OptionSpec = {
  name: "no-cache",
  description: "Run every step, whatever is kept of it; what it makes is kept",
};

export const lockedOption: OptionSpec = {
  name: "locked",
  description: "Refuse to run unless everything is as sluice.lock says",
};

export const jobsOption: OptionSpec = {
  name: "jobs",
  short: "j",
  value: { is: "count", placeholder: "N" },
  default: "the machine's cores",
  description: "Steps at a time",
};

export const keepGoingOption: OptionSpec = {
  name: "keep-going",
  short: "k",
  description: "After a failure, run what does not need the failed step",
};

export const runOptions: readonly OptionSpec[] = [
  entryPointOption,
  parameterOption,
  { name: "dry-run", short: "n", description: "Show what would run, and run nothing" },
  jobsOption,
  keepGoingOption,
  {
    name: "experiment-name",
    value: { is: "text", placeholder: "NAME" },
    default: "the pipeline's name",
    description: "Experiment to log to",
  },
  runNameOption,
  sandboxOption,
  cacheOption,
  lockedOption,
  trackingOption,
  {
    name: "summary",
    value: { is: "file", placeholder: "FILE" },
    isRepeatable: true,
    description: "Write a summary of the run: Markdown to a .md file, JUnit to an .xml file",
  },
  eventsOption,
  quietOption,
  { name: "verbose", short: "v", description: "Print what steps print, as it comes" },
  ...colorOptions,
  helpOption,
];

/** `values` are those of `runOptions`, checked. */
export function readRunFlags(values: OptionValues): RunFlags {
  const jobs = valueOf(values, "jobs");
  const experimentName = valueOf(values, "experiment-name");
  const runName = valueOf(values, "run-name");
  const trackingUri = valueOf(values, "tracking-uri");
  return {
    dryRun: values.has("dry-run"),
    json: values.has("json"),
    quiet: values.has("quiet"),
    verbose: values.has("verbose"),
    color: readColor(values),
    keepGoing: values.has("keep-going"),
    summaries: values.get("summary") ?? [],
    sandbox: (valueOf(values, "sandbox") ?? "auto") as SandboxMode,
    useCache: !values.has("no-cache"),
    locked: values.has("locked"),
    ...(jobs === undefined ? {} : { jobs: Number(jobs) }),
    ...(experimentName === undefined ? {} : { experimentName }),
    ...(runName === undefined ? {} : { runName }),
    ...(trackingUri === undefined ? {} : { trackingUri }),
  };
}

/** `--no-color` wins over `--color`; `auto` without either. */
export function readColor(values: OptionValues): ColorChoice {
  return values.has("no-color") ? "never" : (valueOf(values, "color") ?? "auto") as ColorChoice;
}
