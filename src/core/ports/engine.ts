/** The port of `engines/`. */
import type { OpenedFile } from "../argv.ts";
import type { Argv } from "../argv.ts";

/** Where a step's process runs. When `run` returns, every process of it is dead. */
export interface Engine {
  /** Never throws for what the process does; `onLine` gets its lines without their ends, as they come. */
  run(
    process: ProcessSpec,
    options: {
      readonly signal: AbortSignal;
      readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
    },
  ): Promise<ProcessExit>;
  /** At the end of a run: gives back what was kept for further processes. */
  close(): void;
}

/** One process to run. */
export interface ProcessSpec {
  readonly argv: Argv;
  /** What it finds open; nothing but its standard streams when absent. */
  readonly files?: readonly OpenedFile[];
  readonly folder: string;
  /** All of it; nothing is inherited. */
  readonly variables: Readonly<Record<string, string>>;
  /** Written to its standard input; empty when absent. */
  readonly stdin?: string;
  /** The whole output goes here as well, as bytes. */
  readonly log: string;
  readonly timeoutMs?: number;
  /** Of all its processes together. */
  readonly memoryBytes?: number;
  readonly cpuTimeMs?: number;
  /** As `Confined` says. */
  readonly tellsSignals: boolean;
}

/** How a process came to its end, or to none. */
export type ProcessExit =
  | { readonly is: "exited"; readonly code: number }
  | { readonly is: "signalled"; readonly signal: string }
  | { readonly is: "timed-out" }
  | { readonly is: "over-memory"; readonly usedBytes: number }
  | { readonly is: "over-cpu-time" }
  /** `signal` of the caller was aborted. */
  | { readonly is: "cancelled" }
  | { readonly is: "not-started"; readonly reason: string };
