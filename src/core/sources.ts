/** The sources of a step: what its digest stands for. */
import { z } from "zod";
import { type Digest, digestBytes } from "./digest.ts";
import { lazySchema } from "./lazy_schema.ts";

/**
 * Of a command: its files by their path relative to the step's folder, each with what it is: `sha256:…`,
 * `sha256:… x` for a program, `link …` with its text, `unreadable`. Of a function: its modules by their path relative
 * to its own, its packages (`npm:zod`) with their exact versions, the settings in Deno's
 * configuration by its path, and `sluice` with its version.
 */
export const SourceList = lazySchema(() => z.record(z.string(), z.string()).readonly());
export type SourceList = z.infer<typeof SourceList>;

/** A file, as a source list has it. */
export const describeFile = (digest: string, isProgram: boolean): string =>
  isProgram ? `${digest} x` : digest;

/** A link by its text, as a source list has it. */
export const describeLink = (text: string): string => `link ${JSON.stringify(text)}`;

/** SHA-256 over a line for each, sorted by name: what it is, two spaces, its name as JSON text. */
export function digestSourceList(list: SourceList): Digest {
  const known = digested.get(list);
  if (known !== undefined) return known;
  const lines = Object.entries(list).map(([name, what]) => `${what}  ${JSON.stringify(name)}\n`);
  const digest = digestBytes(lines.sort().join(""));
  digested.set(list, digest);
  return digest;
}

/** By list, as planning and running both ask. */
const digested = new WeakMap<SourceList, Digest>();

/** Bytes of the largest source whose content is kept for showing a line of it. */
export const largestTextBytes = 256 * 1024;

/** Of a file or folder of this name, wherever it lies: what runs leave behind, and what only tools read. */
export const isNeverSource = (name: string): boolean =>
  neverSources.has(name) || /^mlflow\.db(-wal|-shm|-journal)?$/.test(name);

const neverSources = new Set([
  ".git",
  ".sluice",
  "mlruns",
  "sluice.lock",
  "node_modules",
  "__pycache__",
  ".venv",
]);
