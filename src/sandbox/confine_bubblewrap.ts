/** Tier one: a program inside bubblewrap. */
import type { Argv } from "../core/argv.ts";
import type { Confined, Program, SandboxPolicy } from "../core/ports/sandbox.ts";
import { bubblewrapArguments } from "./bubblewrap_arguments.ts";
import type { Descriptors } from "./descriptors.ts";
import { disk, listGpuDevices } from "./disk.ts";
import { findShownProgram } from "./find_shown_program.ts";
import { wishesOf } from "./program_needs.ts";
import { type Showing, shownTo } from "./shown_to_step.ts";
import { type Visible, visiblePaths } from "./visible_paths.ts";

export interface BubblewrapProgram {
  readonly path: string;
  readonly disablesNamespaces: boolean;
}

const filterAt = 9, passwdAt = 8, groupAt = 7, hostsAt = 6;
/** Texts of ours, by the path they are seen at; with all of the network the machine's names are needed. */
const replacedFiles = ({ net }: Pick<SandboxPolicy, "net">): Readonly<Record<string, number>> => ({
  "/etc/passwd": passwdAt,
  "/etc/group": groupAt,
  ...(net === true ? {} : { "/etc/hosts": hostsAt }),
});

type Held = Pick<Confined, "argv" | "files">;

/** Throws SANDBOX_FAILED for a program that the step would not see, and for paths that no mount can show. */
export async function confineInBubblewrap(
  program: Program,
  argv: Argv,
  policy: SandboxPolicy,
  options: Showing & { readonly bubblewrap: BubblewrapProgram },
): Promise<Held> {
  const { root } = policy;
  if (root !== undefined) {
    const { confineInImage } = await import("./confine_in_image.ts");
    const replaced = Object.keys(replacedFiles(policy));
    const inside = await confineInImage(argv, { ...policy, root }, options, replaced);
    return wrap(
      inside.argv,
      policy,
      inside.visible,
      options.bubblewrap,
      options.descriptors,
      inside.variables,
    );
  }
  const visible = shownTo(program, policy, options, Object.keys(replacedFiles(policy)));
  findShownProgram(argv[0], policy, visible);
  const inner = await throughForwarder(argv, policy, options.needs.deno);
  return wrap(inner, policy, visible, options.bubblewrap, options.descriptors);
}

async function throughForwarder(
  argv: Argv,
  { servers, variables }: SandboxPolicy,
  deno: string,
): Promise<Argv> {
  if (servers.every((server) => server.is !== "socket")) return argv;
  const { withForwarder } = await import("./forwarder_arguments.ts");
  const started = ["/usr/bin/env", "DENO_DIR=/dev/null/deno", deno];
  return withForwarder(argv, servers, started, variables["DENO_DIR"]);
}

/** A program of the system, with nothing shown but the machine's own. */
export function bareBubblewrap(
  argv: Argv,
  policy: SandboxPolicy,
  bubblewrap: BubblewrapProgram,
  descriptors: Descriptors,
): Held {
  const wishes = wishesOf(
    { is: "command", argv },
    { ...policy, write: [] },
    { deno: "", child: "" },
    Object.keys(replacedFiles(policy)),
  )
    .filter(({ from }) => from === "machine");
  const visible = visiblePaths(wishes, { folder: policy.folder, guarded: [], hidden: [] }, disk);
  return wrap(argv, policy, visible, bubblewrap, descriptors);
}

function wrap(
  argv: Argv,
  policy: SandboxPolicy,
  visible: Visible,
  { path, disablesNamespaces }: BubblewrapProgram,
  descriptors: Descriptors,
  set: Readonly<Record<string, string>> = {},
): Held {
  const replaced = replacedFiles(policy);
  const devices = policy.gpu ? listGpuDevices() : [];
  const args = bubblewrapArguments({ policy, visible, replaced, devices, disablesNamespaces });
  return {
    argv: [
      path,
      ...args,
      ...Object.entries(set).flatMap(([name, value]) => ["--setenv", name, value]),
      ...["--seccomp", String(filterAt), "--"],
      ...argv,
    ],
    files: [
      { descriptor: filterAt, path: descriptors.filter },
      { descriptor: passwdAt, path: descriptors.passwd },
      { descriptor: groupAt, path: descriptors.group },
      { descriptor: hostsAt, path: descriptors.hosts },
    ],
  };
}
