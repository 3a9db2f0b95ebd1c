/** A program and its arguments, and the files that it finds open when it starts. */

/** A program and its arguments. */
export type Argv = readonly [string, ...string[]];

/** By the number of its descriptor. */
export interface OpenedFile {
  /** From 3 to 9: a small shell can open no others. */
  readonly descriptor: number;
  /** Absolute; opened for reading by the process itself. */
  readonly path: string;
}

/** The program by way of a shell that opens its files: for whoever starts programs without being able to. */
export function openByShell(argv: Argv, files: readonly OpenedFile[]): Argv {
  if (files.length === 0) return argv;
  const opens = files.map(({ descriptor }, index) => `${descriptor}<"$${index + 1}"`).join(" ");
  const script = `exec ${opens}; shift ${files.length}; exec "$@"`;
  return ["/bin/sh", "-c", script, "sh", ...files.map(({ path }) => path), ...argv];
}
