/** Why a tier cannot be used on this machine, and what to do about it. */
import type { BubblewrapFound, LandlockFound } from "./find_tier.ts";

/** What was tried; a tier that was not asked for is left out. */
export interface MachineFindings {
  readonly system: typeof Deno.build.os;
  /** Why not even descriptors can be prepared. */
  readonly unusable?: string;
  readonly bubblewrap?: BubblewrapFound;
  readonly landlock?: LandlockFound;
}

/** A sentence each, with bubblewrap's own words. */
export function causesOf({ system, unusable, bubblewrap, landlock }: MachineFindings): string[] {
  if (system !== "linux") return [`Steps can be held on Linux only; this is ${system}`];
  if (unusable !== undefined) return [`This process cannot prepare a sandbox: ${unusable}`];
  return [
    ...(bubblewrap?.is === "missing" ? ["There is no `bwrap` on PATH, and none could be fetched"] : []),
    ...(bubblewrap?.is === "fails" ? [`\`${bubblewrap.path}\` does not run: ${bubblewrap.words}`] : []),
    ...(landlock?.is === "missing"
      ? [
        landlock.abi === 0
          ? "This kernel has no Landlock, or was started without it, or a container refuses it"
          : `This kernel's Landlock has ABI ${landlock.abi}; ABI 4 (Linux 6.7) is the first to hold TCP`,
      ]
      : []),
  ];
}

/** One line. `needsFull`: the step itself asks for bubblewrap, so that no option lets it run without. */
export function whatToDo({ system, unusable, bubblewrap }: MachineFindings, needsFull = false): string {
  const off = needsFull
    ? 'or take `sandbox: "full"` out of the step'
    : "or pass `--sandbox=off` to run steps unheld: what they make is then not used again as if it were sound";
  if (system !== "linux") {
    return needsFull
      ? 'Run it on Linux, or take `sandbox: "full"` out of the step'
      : "Pass `--sandbox=off`, which holds only `run` functions, by Deno's own permissions";
  }
  if (unusable !== undefined) return `Start Deno with \`-A\`, or at least \`--allow-ffi\`, ${off}`;
  const [, advice] = bubblewrap?.is === "fails"
    ? advices.find(([words]) => words.test(bubblewrap.words)) ?? [, "See bubblewrap's own words"]
    : [, "Install bubblewrap with the system's packages"];
  return `${advice}, ${off}`;
}

/** By bubblewrap's words. */
const advices: readonly (readonly [RegExp, string])[] = [
  // Ubuntu 23.10 and later let a program make user namespaces only when an AppArmor profile says so.
  [
    /setting up uid map: Permission denied|loopback: Failed RTM_NEWADDR/,
    "AppArmor refuses user namespaces to bubblewrap: give it a profile (a file in `/etc/apparmor.d` with " +
    "`abi <abi/4.0>, profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }`, then " +
    "`apparmor_parser -r` it), or set `sysctl kernel.apparmor_restrict_unprivileged_userns=0`",
  ],
  [
    /Can't mount proc/,
    "In a container, start it so that /proc can be mounted: Docker's `--security-opt systempaths=unconfined`, " +
    "Kubernetes' `procMount: Unmasked`",
  ],
  [
    /No permissions to creat|Creating new namespace failed: Operation not permitted|Operation not permitted/,
    "Allow user namespaces: in a container, start it with `--security-opt seccomp=unconfined` or `--cap-add SYS_ADMIN`; " +
    "on a machine, set `sysctl kernel.unprivileged_userns_clone=1`",
  ],
  [
    /max_\*_namespaces|ENOSPC|No space left/,
    "Allow more user namespaces: raise `sysctl user.max_user_namespaces`",
  ],
  [
    /does not support user namespaces|Invalid argument/,
    "Use a kernel with user namespaces, or a bubblewrap that is installed setuid",
  ],
  [/Unknown option/, "Install bubblewrap 0.8 or newer"],
];
