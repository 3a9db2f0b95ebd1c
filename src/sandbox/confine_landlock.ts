/** Tier two: a program that Landlock and a seccomp filter hold. */
import type { Argv } from "../core/argv.ts";
import { refuse } from "../core/error.ts";
import type { Program, SandboxPolicy } from "../core/ports/sandbox.ts";
import { listGpuDevices } from "./disk.ts";
import { findShownProgram } from "./find_shown_program.ts";
import { landlockArguments } from "./landlock_arguments.ts";
import { type Showing, shownTo } from "./shown_to_step.ts";

/** A server behind a Unix socket cannot be reached so. */
export function confineByLandlock(
  program: Program,
  argv: Argv,
  policy: SandboxPolicy,
  options: Showing,
): Argv {
  const socket = policy.servers.find(({ is }) => is === "socket");
  if (socket !== undefined) {
    refuse({ code: "SANDBOX_FAILED", message: "Cannot reach a Unix socket from a step that Landlock holds" });
  }
  const visible = shownTo(program, policy, options);
  return landlockArguments({
    machine: options.descriptors.machine,
    policy,
    visible,
    devices: policy.gpu ? listGpuDevices() : [],
    deno: options.needs.deno,
    program: findShownProgram(argv[0], policy, visible),
    argv,
  });
}
