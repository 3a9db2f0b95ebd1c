/** The arguments of `sluice run` for an MLflow project: names and letters are those of `mlflow run`. */
import { fail, type Result, succeed } from "../core/error.ts";
import { environmentManagers, type ProjectRunOptions } from "../core/mlproject.ts";
import { showValue } from "../core/parameter.ts";
import { helpOption, type OptionSpec } from "./command_spec.ts";
import { type OptionValues, valueOf } from "./option_values.ts";
import {
  cacheOption,
  type ColorChoice,
  colorOptions,
  entryPointOption,
  eventsOption,
  jobsOption,
  keepGoingOption,
  parameterOption,
  quietOption,
  readColor,
  runNameOption,
  sandboxOption,
  trackingOption,
} from "./run_flags.ts";

export const projectRunOptions: readonly OptionSpec[] = [
  entryPointOption,
  parameterOption,
  {
    name: "version",
    short: "v",
    value: { is: "text", placeholder: "VERSION" },
    default: "that of HEAD",
    description: "Branch, tag or commit of git",
  },
  {
    name: "experiment-name",
    value: { is: "text", placeholder: "NAME" },
    default: "MLFLOW_EXPERIMENT_NAME",
    description: "Experiment to log to; made where there is none",
  },
  {
    name: "experiment-id",
    value: { is: "text", placeholder: "ID" },
    default: "MLFLOW_EXPERIMENT_ID, else 0",
    description: "The same by its id",
  },
  runNameOption,
  {
    name: "run-id",
    value: { is: "text", placeholder: "ID" },
    description: "A run that is there, to go on with",
  },
  {
    name: "env-manager",
    value: { is: "choice", placeholder: "NAME", choices: environmentManagers },
    default: "virtualenv, which uv makes here",
    description: "Where programs and packages come from; local is what is on PATH",
  },
  {
    ...sandboxOption,
    description:
      "What holds entry points that depend on others; with require also one alone, which then has no network",
  },
  {
    name: "cache",
    description:
      "Take one that depends on no other from the cache as well, and run it in a copy of the folder",
  },
  cacheOption,
  jobsOption,
  keepGoingOption,
  {
    name: "docker-args",
    short: "A",
    value: { is: "text", placeholder: "NAME=VALUE" },
    isRepeatable: true,
    description:
      "An option of `docker run` for a project with an image, as -A gpus=all; -A NAME is one without a value",
  },
  {
    name: "build-image",
    description: "Put the project's files into a new image on that of its docker_env, and run this",
  },
  {
    name: "skip-image-build",
    description: "Run the image of the docker_env as it is, which is what happens anyway",
  },
  {
    name: "storage-dir",
    value: { is: "file", placeholder: "FOLDER" },
    default: "MLFLOW_TMP_DIR, else the system's",
    description: "Where values of path parameters that are addresses are fetched to",
  },
  {
    name: "backend",
    short: "b",
    value: { is: "choice", placeholder: "NAME", choices: ["local"] },
    default: "local",
    description: "Where it runs",
  },
  {
    name: "backend-config",
    short: "c",
    value: { is: "text", placeholder: "JSON" },
    description: "Settings of the backend, as JSON or a .json file; local has none",
  },
  { name: "yes", short: "y", description: "Run what is fetched from elsewhere without being asked" },
  trackingOption,
  eventsOption,
  { name: "verbose", description: "Print what steps print, as it comes" },
  quietOption,
  ...colorOptions,
  helpOption,
];

export interface ProjectFlags extends ProjectRunOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Of entry points that depend on others, print what each prints. */
  readonly verbose: boolean;
  readonly color: ColorChoice;
  readonly parameters: ReadonlyMap<string, string>;
  /** JSON, or the name of a file of it. */
  readonly backendConfig?: string;
}

/** `values` are those of `projectRunOptions`, checked. Fails with ARGUMENT_INVALID. */
export function readProjectFlags(values: OptionValues): Result<ProjectFlags> {
  const parameters = new Map<string, string>();
  for (const written of values.get(parameterOption.name) ?? []) {
    const at = written.indexOf("=");
    const name = written.slice(0, at);
    if (at < 0) {
      return refused(`Cannot set \`-P ${showValue(written)}\` as it has no \`=\``, "Write `-P NAME=VALUE`");
    }
    if (parameters.has(name)) {
      return refused(`Cannot set parameter \`${showValue(name)}\` twice`, "Give it once");
    }
    parameters.set(name, written.slice(at + 1));
  }
  const dockerArguments = new Map<string, string>();
  for (const written of values.get("docker-args") ?? []) {
    const [name = "", ...rest] = written.split("=");
    if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(name)) {
      return refused(
        `Cannot set \`-A ${showValue(written)}\` as it names no option`,
        "Write `-A NAME=VALUE`, or `-A NAME` for one without a value",
      );
    }
    if (dockerArguments.has(name)) {
      return refused(`Cannot set \`-A ${showValue(name)}\` twice`, "Give it once");
    }
    dockerArguments.set(name, rest.join("="));
  }
  if (values.has("build-image") && values.has("skip-image-build")) {
    return refused("Cannot use both `--build-image` and `--skip-image-build`", "Give one of the two");
  }
  const config = valueOf(values, "backend-config");
  if (config !== undefined && !config.endsWith(".json") && !isJson(config)) {
    return refused(
      "Cannot use `--backend-config` as it is no JSON",
      "Write `{}`, or name a file that ends in .json",
    );
  }
  const text = (name: string, member: string) => {
    const value = valueOf(values, name);
    return value === undefined ? {} : { [member]: value };
  };
  if (values.has("experiment-name") && values.has("experiment-id")) {
    return refused("Cannot use both `--experiment-name` and `--experiment-id`", "Give one of the two");
  }
  if (values.has("cache") && values.has("no-cache")) {
    return refused("Cannot use both `--cache` and `--no-cache`", "Give one of the two");
  }
  const jobs = valueOf(values, "jobs");
  return succeed({
    json: values.has("json"),
    quiet: values.has("quiet"),
    dockerArguments,
    buildsImage: values.has("build-image"),
    verbose: values.has("verbose"),
    keepGoing: values.has("keep-going"),
    ...(values.has("cache") || values.has("no-cache") ? { useCache: values.has("cache") } : {}),
    ...(jobs === undefined ? {} : { jobs: Number(jobs) }),
    color: readColor(values),
    parameters,
    isApproved: values.has("yes"),
    ...text("sandbox", "sandbox"),
    ...text("version", "version"),
    ...text("storage-dir", "storage"),
    ...text("backend-config", "backendConfig"),
    ...text("env-manager", "environmentManager"),
    ...text("experiment-name", "experimentName"),
    ...text("experiment-id", "experimentId"),
    ...text("run-name", "runName"),
    ...text("run-id", "runId"),
    ...text("tracking-uri", "trackingUri"),
  });
}

const refused = (message: string, hint: string): Result<never> =>
  fail({ code: "ARGUMENT_INVALID", message, hint });

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
