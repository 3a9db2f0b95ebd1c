/** Tier two: a program that Landlock and a seccomp filter hold. */
import { refuse } from "../core/error.ts";
import type { Program, SandboxPolicy } from "../core/ports.ts";
import { shownTo } from "./confine_bubblewrap.ts";
import type { Descriptors } from "./descriptors.ts";
import { listGpuDevices } from "./disk.ts";
import { findShownProgram } from "./find_program.ts";
import { landlockArguments } from "./landlock_arguments.ts";
import type { Needs } from "./program_needs.ts";

type Argv = readonly [string, ...string[]];

/** A server behind a Unix socket cannot be reached so. */
export function confineByLandlock(
  program: Program,
  argv: Argv,
  policy: SandboxPolicy,
  options: { readonly needs: Needs; readonly hidden: readonly string[]; readonly descriptors: Descriptors },
): Argv {
  const socket = policy.servers.find(({ is }) => is === "socket");
  if (socket !== undefined) {
    refuse({ code: "SANDBOX_FAILED", message: "Cannot reach a Unix socket from a step that Landlock holds" });
  }
  const visible = shownTo(program, policy, options.needs, options.hidden);
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
