/** The port of `sandbox/`, and what others say to it. */
import type { Argv, OpenedFile } from "../argv.ts";
import type { SandboxTier } from "../sandbox_tier.ts";

/** Turns a program into the arguments that run it with no more than the policy allows: `sandbox/`. */
export interface Sandbox {
  /** What will hold a step. Throws SANDBOX_UNAVAILABLE, saying what to do. */
  hold(step: {
    readonly body: Program["is"];
    readonly net: boolean | readonly string[];
    readonly needsFull: boolean;
  }): Promise<Hold>;
  /** Leaves nothing behind but what it makes in `policy.temporary` and the user's cache. */
  confine(program: Program, policy: SandboxPolicy, hold: Hold): Promise<Confined>;
  /**
   * Lets a step that is granted named hosts reach them and no other; close it when the step has ended. `servers` are
   * those of ours it may reach as well: a step that is granted 127.0.0.1 asks the proxy for them, too.
   */
  openProxy(
    hosts: readonly string[],
    hold: Hold,
    servers?: readonly ReachableServer[],
  ): Promise<ProxySession>;
}

/** What a step runs. */
export type Program =
  | { readonly is: "command"; readonly argv: Argv }
  /** The `run` function of `step` in `module`, a `file://` URL. */
  | { readonly is: "function"; readonly module: string; readonly step: string };

/** What a step's process may touch. Paths are absolute; everything else is out of its sight. */
export interface SandboxPolicy {
  /** The working folder; it holds what `code`, `read` and `write` name below it, and nothing else. */
  readonly folder: string;
  /** A folder whose files it finds in the place of the machine's own; only bubblewrap can show it. */
  readonly root?: string;
  /** Its sources, as files and whole folders: a command may read them, a function's own code may not. */
  readonly code: readonly string[];
  /** Files and whole folders. */
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Its TMPDIR, which it may write. */
  readonly temporary: string;
  readonly net: boolean | readonly string[];
  readonly gpu: boolean;
  /** All the environment variables it is given. */
  readonly variables: Readonly<Record<string, string>>;
  /** Programs a function may start; a command may start any that it sees. */
  readonly run: readonly string[];
  /** Servers of ours that it must reach although the network is closed to it. */
  readonly servers: readonly ReachableServer[];
}

/** A server of ours as a closed step reaches it. */
export type ReachableServer =
  /** On 127.0.0.1, where the step shares this machine's network. */
  | { readonly is: "port"; readonly port: number }
  /** By a forwarder inside: from `port` of the step's own 127.0.0.1 to the Unix socket at `path`. */
  | { readonly is: "socket"; readonly port: number; readonly path: string };

/** What holds a step, decided before it starts. */
export interface Hold {
  readonly tier: SandboxTier;
  /** Whether it has a network of its own: what listens here is then reached by a forwarder. */
  readonly hasOwnNetwork: boolean;
}

/** How a program is run, so that it can do no more than it may. */
export interface Confined {
  readonly argv: Argv;
  /** What it must find open. */
  readonly files: readonly OpenedFile[];
  /** Exit codes above 128 tell of a signal, as a shell's do. */
  readonly tellsSignals: boolean;
  /** What its standard error begins with when the sandbox itself failed and the program never ran. */
  readonly failureMark?: string;
}

/** The only way out of a step that may reach named hosts. */
export interface ProxySession {
  readonly server: ReachableServer;
  /** `HTTPS_PROXY` and its like; they go before those of a run server's session. */
  readonly variables: Readonly<Record<string, string>>;
  /** Ends every connection through it. */
  close(): void;
}
