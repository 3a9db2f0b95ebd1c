/** What a kind of environment must know: a new kind is one file with a `Provider`, and a line in `providers.ts`. */
import type { Digest } from "../core/digest.ts";
import type {
  CondaSpec,
  EnvironmentContents,
  EnvironmentProgress,
  EnvironmentSpec,
  ReadyEnvironment,
} from "../core/environment.ts";
import type { LockEntry } from "./lock_file.ts";

/** Where environments live and who asks for them. */
export interface Surroundings {
  /** The folder of `sluice.lock`, absolute. */
  readonly project: string;
  /** The user's cache folder of sluice, absolute: tools, what is known of interpreters, locks of other projects. */
  readonly cache: string;
  /** The folder that environments are made in, absolute: `cache`, unless they are to be made anew. */
  readonly store: string;
  /** The caller's environment variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** What an environment file of conda says. */
  readonly readCondaFile: (path: string) => Promise<CondaSpec>;
}

/** What finding and running a tool needs. */
export type ToolSurroundings = Omit<Surroundings, "readCondaFile" | "store">;

/** What accompanies anything that takes long. */
export interface Work {
  readonly onProgress: (progress: EnvironmentProgress) => void;
  readonly signal: AbortSignal;
}

/** An environment as steps see it. */
export type Description = Pick<
  ReadyEnvironment,
  "activation" | "root" | "path" | "variables" | "folders" | "hasMlflow"
>;

/** What a spec comes to on this machine. */
export type Answer =
  /** There already, and nothing to lock. */
  | {
    readonly is: "present";
    readonly id: Digest;
    readonly description: Description;
    readonly contents?: EnvironmentContents;
  }
  /** To be locked, then made. */
  | { readonly is: "recipe"; readonly recipe: Recipe };

/** How an environment comes about: resolve once, settle on this machine, make. */
export interface Recipe {
  /** Names what is asked for: the key of its entry in the lock. */
  readonly key: Digest;
  /**
   * Asks the world for exact versions; may use the network. `locked` are the project's other entries: what they hold
   * is kept where it fits, so that a new requirement moves nothing else.
   */
  resolve(locked: readonly LockEntry[], work: Work): Promise<LockEntry>;
  /** What a lock entry comes to here; no network. */
  settle(entry: LockEntry): Promise<Settled>;
}

/** A locked environment of this machine, made or not. */
export interface Settled {
  readonly id: Digest;
  /** For listings. */
  readonly facts: EnvironmentFacts;
  /** For telling it from another. */
  readonly contents: EnvironmentContents;
  /** Files in its folder without which it can no longer be used, as a link to an interpreter that was removed. */
  readonly mustHold: readonly string[];
  /** Files outside: while they and the lock are unchanged, the entry settles the same. */
  readonly restsOn: readonly string[];
  /** Fills `folder`, which exists and is empty; it is renamed to `prefix` afterwards, so nothing may hold its path. */
  make(folder: string, work: Work, prefix: string): Promise<void>;
  describe(folder: string): Description;
}

export interface EnvironmentFacts {
  readonly kind: EnvironmentSpec["kind"];
  /** Such as `3.12.1`. */
  readonly python?: string;
  readonly packages: number;
  /** Of the lock entry: what a project's lock must hold to keep the environment from garbage collection. */
  readonly lock: Digest;
}

export type Provider<Kind extends EnvironmentSpec["kind"]> = (
  spec: Extract<EnvironmentSpec, { kind: Kind }>,
  surroundings: Surroundings,
) => Promise<Answer>;
