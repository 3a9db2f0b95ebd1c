/** The port of `environments/`. */
import type { Digest } from "../digest.ts";
import type {
  EnvironmentContents,
  EnvironmentObservation,
  EnvironmentProgress,
  EnvironmentSpec,
  ReadyEnvironment,
} from "../environment.ts";

/** Environments of one project: `environments/`. */
export interface Environments {
  /** What the lock says; no network, no installing. */
  observe(spec: EnvironmentSpec): Promise<EnvironmentObservation>;
  /** What is in an environment that `observe` or `prepare` named; undefined where nobody knows. */
  contents(spec: EnvironmentSpec): Promise<EnvironmentContents | undefined>;
  /** Waits, not for ever, until what makes its programs start fast is there; `id` is that of a `ReadyEnvironment`. */
  warm(
    id: Digest,
    options: { readonly onWait: () => void; readonly signal: AbortSignal },
  ): Promise<void>;
  /**
   * Makes the environment unless it is there; resolves and writes the lock first when there is none.
   * Throws REQUIREMENTS_UNSATISFIABLE, INTERPRETER_MISSING, ENVIRONMENT_FAILED, TOOL_MISSING.
   */
  prepare(
    spec: EnvironmentSpec,
    options: { readonly onProgress: (progress: EnvironmentProgress) => void; readonly signal: AbortSignal },
  ): Promise<ReadyEnvironment>;
}
