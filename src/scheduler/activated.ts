/** A program with what its environment has a shell read before. */
import type { Argv } from "../core/argv.ts";

/** `scripts` are absolute; they are read in their order, and may set variables that the program finds. */
export const activated = (argv: Argv, scripts: readonly string[] = []): Argv =>
  scripts.length === 0 ? argv : [
    "bash",
    "-c",
    `for each in "\${@:1:${scripts.length}}"; do . "$each"; done; shift ${scripts.length}; exec "$@"`,
    "bash",
    ...scripts,
    ...argv,
  ];
