/** Environments: what a step's programs and packages come from. */
import { resolve } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import type { CondaSpec, DockerSpec, EnvironmentSpec, PythonSpec } from "../core/environment.ts";
import { refuse } from "../core/error.ts";
import type { Place } from "../core/place.ts";
import { type CallSite, callSiteOf } from "./call_site.ts";

/** What a step's programs and packages come from: `python(…)`, `conda(…)`, `docker(…)`, `deno()` or `host()`. */
export interface Environment {
  /** What kind of environment it is. */
  readonly kind: "python" | "conda" | "docker" | "deno" | "host";
}

/** What `python` takes: requirements, as a list or a file of them, or a project's folder. */
export type PythonOptions =
  & { readonly version?: string }
  & (
    | { readonly requirements: readonly string[] | string; readonly project?: never }
    | { readonly project: string; readonly requirements?: never }
  );

/**
 * A Python of some version with some packages, made by uv and shared by all projects of a user.
 *
 * `version` is such as `3.12` or `3.12.1`; without it the project's own file decides, else the newest found is taken.
 * `requirements` is a list, or the path of a `requirements.txt`; `project` is a folder with a `pyproject.toml` and
 * perhaps a `uv.lock`. Paths are relative to the module that says so. Fails with ENVIRONMENT_INVALID.
 *
 * ```ts
 * const env = python({ version: "3.12", requirements: ["scikit-learn==1.7.2", "pandas==2.3.3"] });
 * const same = python({ requirements: "requirements.txt" });
 * const whole = python({ project: "." });
 * ```
 */
export function python(options: PythonOptions): Environment {
  const site = callSiteOf(python);
  const { version } = options;
  if (version !== undefined && !/^\d+(\.\d+){0,2}$/.test(version)) {
    invalid(`of version \`${version}\` as a version is such as \`3.12\` or \`3.12.1\``, site.place);
  }
  const spec: PythonSpec = {
    kind: "python",
    ...(version === undefined ? {} : { version }),
    requirements: requirementsOf(options, site),
  };
  return Object.freeze(spec);
}

function requirementsOf(options: PythonOptions, site: CallSite): PythonSpec["requirements"] {
  const { requirements, project } = options;
  if (typeof project === "string" && requirements === undefined) {
    return { from: "file", path: beside(site, project) };
  }
  if (project !== undefined) {
    invalid("with both `project` and `requirements` as one of them decides", site.place);
  }
  if (typeof requirements === "string") return { from: "file", path: beside(site, requirements) };
  if (!Array.isArray(requirements)) invalid("without `requirements` or `project`", site.place);
  for (const requirement of requirements) {
    if (typeof requirement !== "string" || requirement.trim() === "" || /[\r\n]/.test(requirement)) {
      invalid(`with \`${requirement}\` as a requirement is one line, such as \`pandas==2.3.3\``, site.place);
    }
  }
  return { from: "list", requirements: [...requirements] };
}

const beside = (site: CallSite, path: string): string =>
  resolve(fileURLToPath(new URL(".", site.module)), path);

function invalid(what: string, at: Place): never {
  return refuse({
    code: "ENVIRONMENT_INVALID",
    message: `Cannot make a Python environment ${what}`,
    at,
    hint:
      'Such as `python({ version: "3.12", requirements: ["pandas==2.3.3"] })` or `python({ project: "." })`',
  });
}

/** What `conda` takes: what an environment file of conda has, or such a file. */
export type CondaOptions =
  | {
    readonly channels?: readonly string[];
    readonly dependencies: readonly string[];
    readonly pip?: readonly string[];
    readonly file?: never;
  }
  | {
    readonly file: string;
    readonly channels?: never;
    readonly dependencies?: never;
    readonly pip?: never;
  };

/**
 * Packages of conda's channels, solved and installed with no conda on the machine, and shared by all projects of a user.
 *
 * `dependencies` are written as conda has them, `channels` are names or addresses, conda's own defaults without any, and
 * `pip` has what is taken from PyPI besides. `file` is an environment file, such as `conda.yaml`, relative to the module
 * that says so. Fails with ENVIRONMENT_INVALID.
 *
 * ```ts
 * const env = conda({ channels: ["conda-forge"], dependencies: ["python=3.12", "numpy=2.2"], pip: ["mlflow==3.17.2"] });
 * const same = conda({ file: "conda.yaml" });
 * ```
 */
export function conda(options: CondaOptions): Environment {
  const site = callSiteOf(conda);
  const { channels = [], dependencies = [], pip = [], file } = options;
  const bare = { kind: "conda", channels: [], packages: [], pip: [], variables: {} } as const;
  if (file !== undefined) {
    const isAlone = channels.length + dependencies.length + pip.length === 0;
    if (typeof file !== "string" || !isAlone) {
      invalidConda("with both `file` and `dependencies` as one of them decides", site.place);
    }
    return Object.freeze({ ...bare, file: beside(site, file) } satisfies CondaSpec);
  }
  if (dependencies.length === 0) invalidConda("without `dependencies` or `file`", site.place);
  for (const [name, lines] of Object.entries({ channels, dependencies, pip })) {
    const wrong = lines.find((line) =>
      typeof line !== "string" || line.trim() === "" || /[\r\n\0]/.test(line)
    );
    if (wrong !== undefined) {
      invalidConda(`with \`${wrong}\` among \`${name}\` as each is one line`, site.place);
    }
  }
  return Object.freeze(
    { ...bare, channels: [...channels], packages: [...dependencies], pip: [...pip] } satisfies CondaSpec,
  );
}

function invalidConda(what: string, at: Place): never {
  return refuse({
    code: "ENVIRONMENT_INVALID",
    message: `Cannot make a conda environment ${what}`,
    at,
    hint:
      'Such as `conda({ dependencies: ["python=3.12", "numpy=2.2"] })` or `conda({ file: "conda.yaml" })`',
  });
}

/** What `docker` takes: the name of an image, or a folder with a Dockerfile. */
export type DockerOptions =
  | { readonly image: string; readonly build?: never }
  | { readonly build: string; readonly image?: never };

/**
 * All the files of an image, which a step sees in the place of the machine's own. Docker or podman fetches or builds it once;
 * to run in it, bubblewrap alone is needed.
 *
 * `image` is as in `docker run`; `build` is a folder with a `Dockerfile`, relative to the module that says so, and all that
 * is in the folder counts. Of the image its files and variables are taken, and neither its entry point nor its user. A
 * `run` function cannot have one. Fails with ENVIRONMENT_INVALID.
 *
 * ```ts
 * const env = docker({ image: "python:3.12-slim" });
 * const own = docker({ build: "image" });
 * ```
 */
export function docker(options: DockerOptions): Environment {
  const site = callSiteOf(docker);
  const { image, build } = options;
  const isOne = typeof image === "string" ? build === undefined : typeof build === "string";
  if (!isOne || image !== undefined && !/^[A-Za-z0-9][\w./:@-]*$/.test(image)) {
    refuse({
      code: "ENVIRONMENT_INVALID",
      message: isOne
        ? `Cannot use image \`${image}\` as this is no name of an image`
        : "Cannot use an image without `image` or `build`, of which one decides",
      at: site.place,
      hint: 'Such as `docker({ image: "python:3.12-slim" })` or `docker({ build: "image" })`',
    });
  }
  const asked = image === undefined
    ? { is: "built" as const, folder: beside(site, build) }
    : { is: "named" as const, name: image };
  return Object.freeze({ kind: "docker", image: asked, variables: {} } satisfies DockerSpec);
}

const denoSpec: EnvironmentSpec = Object.freeze({ kind: "deno" });
const hostSpec: EnvironmentSpec = Object.freeze({ kind: "host" });

/** The Deno that runs sluice: what a `run` function has when its step names no other environment. */
export const deno = (): Environment => denoSpec;

/** The machine's own programs, as they are. What such a step makes is never the same on two machines. */
export const host = (): Environment => hostSpec;

/** Undefined when `value` is no environment. */
export function lowerEnvironment(value: unknown): EnvironmentSpec | undefined {
  const isOne = typeof value === "object" && value !== null && "kind" in value &&
    ["python", "conda", "docker", "deno", "host"].includes(String(value.kind));
  return isOne ? value as EnvironmentSpec : undefined;
}
