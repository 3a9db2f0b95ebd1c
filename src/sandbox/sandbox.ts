/**
 * Sandbox: a program and what it may touch, to the arguments that run it so. This file: the tiers there are.
 *
 * A `run` function is held by Deno's own permissions; a command is not held at all.
 */
import type { Sandbox } from "../core/ports.ts";
import { denoArguments } from "./deno_permissions.ts";

/** `child` is the path of the module that runs a function: `dsl/function_child.ts`. */
export function openSandbox(deno: string, child: string): Sandbox {
  return {
    confine: (program, policy) =>
      program.is === "command"
        ? { argv: program.argv, tier: "none" }
        : { argv: [deno, ...denoArguments(program, policy, child)], tier: "deno" },
  };
}
