/** A step's process as the engine meets it: by the C library where that is to be had, else by Deno. */
import type { OpenedFile } from "../core/argv.ts";

export interface ChildSpec {
  /** An absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly files?: readonly OpenedFile[];
  readonly folder: string;
  /** All of its environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** All of its standard input; none when absent. */
  readonly stdin?: string;
}

export interface ChildStatus {
  readonly code: number;
  readonly signal: string | null;
}

/** The leader of a session of its own. */
export interface Child {
  readonly pid: number;
  /** Settles when it is dead. */
  readonly status: Promise<ChildStatus>;
  /** Gives what it prints to `take`, which has a piece until it returns, or until its promise settles. Once a stream. */
  read(stream: "stdout" | "stderr", take: (piece: Uint8Array) => void | Promise<void>): Reading;
}

export interface Reading {
  /** Settles when nobody can write any more, or after `stop`; rejects with what `take` throws, and nobody reads on. */
  readonly ended: Promise<void>;
  stop(): void;
}
