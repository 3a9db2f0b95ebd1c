/** Environments: what a step's programs and packages come from. */
import { z } from "zod";
import { lazySchema } from "./lazy_schema.ts";
import { Digest } from "./digest.ts";

const PythonRequirements = lazySchema(() =>
  z.discriminatedUnion("from", [
    z.object({ from: z.literal("list"), requirements: z.array(z.string()).readonly() }).readonly(),
    /** A `requirements.txt`, a `pyproject.toml` or a folder with one (and perhaps a `uv.lock`); absolute. */
    z.object({ from: z.literal("file"), path: z.string() }).readonly(),
  ])
);

const HostPython = lazySchema(() =>
  z.object({
    /** Of the interpreter and the packages installed for it. */
    digest: Digest,
    /** The folder of its program, absolute. */
    path: z.string(),
    /** What it reads, absolute. */
    folders: z.array(z.string()).readonly(),
    /** Where the user's own packages are. */
    userBase: z.string().optional(),
  }).readonly()
);
export type HostPython = z.infer<typeof HostPython>;

export const EnvironmentSpec = lazySchema(() =>
  z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("python"),
      /** Such as `3.12` or `3.12.1`; absent: what the project's own file says, else the newest found. */
      version: z.string().optional(),
      requirements: PythonRequirements,
    }).readonly(),
    /** Packages of conda's channels, with or without a Python among them. */
    z.object({
      kind: z.literal("conda"),
      /** Names or addresses, the first one first; conda's own defaults when there are none. */
      channels: z.array(z.string()).readonly(),
      /** As conda's environment files have them: `scikit-learn=1.0.2`. */
      packages: z.array(z.string()).readonly(),
      /** Further ones from PyPI, as pip has them. */
      pip: z.array(z.string()).readonly(),
      /** Variables of whoever runs in it. */
      variables: z.record(z.string(), z.string()).readonly(),
      /** An environment file, absolute, that says all of this; the rest is empty then. */
      file: z.string().optional(),
    }).readonly(),
    /** All that is in an image: one that is named, or one that is built of a folder with a Dockerfile. */
    z.object({
      kind: z.literal("docker"),
      image: z.union([
        z.object({ is: z.literal("named"), name: z.string() }).readonly(),
        /** Absolute. */
        z.object({ is: z.literal("built"), folder: z.string() }).readonly(),
      ]),
      /** Beside those of the image. */
      variables: z.record(z.string(), z.string()).readonly(),
    }).readonly(),
    /** The Deno that runs sluice. */
    z.object({ kind: z.literal("deno") }).readonly(),
    /** The machine's own programs, as they are: never the same on two machines. */
    z.object({
      kind: z.literal("host"),
      /** Of them a Python that counts by what is in it, where one was looked at. */
      python: HostPython.optional(),
    }).readonly(),
  ])
);
export type EnvironmentSpec = z.infer<typeof EnvironmentSpec>;
export type DockerSpec = Extract<EnvironmentSpec, { kind: "docker" }>;
export type CondaSpec = Extract<EnvironmentSpec, { kind: "conda" }>;
export type PythonSpec = Extract<EnvironmentSpec, { kind: "python" }>;

/** What is known of an environment without touching the network. */
export const EnvironmentObservation = lazySchema(() =>
  z.discriminatedUnion("is", [
    /** `id` names the environment by its kind, resolved lock, interpreter and platform. */
    z.object({ is: z.literal("locked"), id: Digest }).readonly(),
    /** No lock yet, or one of other requirements: the first run resolves. */
    z.object({ is: z.literal("unlocked"), because: z.string() }).readonly(),
  ])
);
export type EnvironmentObservation = z.infer<typeof EnvironmentObservation>;

/** An environment that steps can run in. */
export interface ReadyEnvironment {
  readonly id: Digest;
  /** Folders for the front of PATH. */
  readonly path: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Files that a shell reads before the step's program starts, absolute: conda's packages may bring such. */
  readonly activation?: readonly string[];
  /** A folder that the step sees as the whole file system, absolute; it sees the machine's own when absent. */
  readonly root?: string;
  /** Folders the step must be able to read; empty for the host. */
  readonly folders: readonly string[];
  /** Whether it holds an MLflow client; undefined where nobody knows, as of the host. */
  readonly hasMlflow?: boolean;
  /** True when this call made it, false when it was there. */
  readonly isNew: boolean;
}

/** What is in an environment, for telling two of them apart. */
export const EnvironmentContents = lazySchema(() =>
  z.object({
    kind: z.string(),
    /** Version and digest of the interpreter, or of the program that runs the step. */
    interpreter: z.object({ version: z.string(), digest: z.string() }).readonly().optional(),
    /** Versions by name. */
    packages: z.record(z.string(), z.string()).readonly(),
    platform: z.string(),
  }).readonly()
);
export type EnvironmentContents = z.infer<typeof EnvironmentContents>;

/** How far an environment has come. */
export type EnvironmentProgress =
  | { readonly is: "resolving" }
  | { readonly is: "installing"; readonly message: string }
  /** It can be used; its programs start faster for it. */
  | { readonly is: "compiling" }
  /** Another process makes it. */
  | { readonly is: "waiting" };
