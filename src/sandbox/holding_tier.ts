/** Decides what holds a step, or says why nothing can. */
import { refuse } from "../core/error.ts";
import { isMachineError } from "../core/system_error.ts";
import { type Machine, openMachine } from "./machine_findings.ts";
import type { SandboxOptions, SystemTier } from "./sandbox_options.ts";
import type { MachineFindings } from "./unavailable.ts";

/** `needsFull` as `Sandbox.hold` has it. Throws SANDBOX_UNAVAILABLE, with what was tried and what to do. */
export async function holdingTier(
  options: SandboxOptions,
  needsFull: boolean,
  machine: Machine,
): Promise<SystemTier> {
  const isFull = needsFull || options.mode === "require";
  const allowed = options.tiers ?? ["bubblewrap", "landlock"];
  const wanted = allowed.filter((tier) => tier === "bubblewrap" || !isFull);
  const { tier, findings } = await findTier(wanted, machine);
  if (tier !== undefined) return tier;
  const { causesOf, whatToDo } = await import("./unavailable.ts");
  return refuse({
    code: "SANDBOX_UNAVAILABLE",
    message: isFull
      ? "Cannot hold a step to what it declares, as it asks for bubblewrap and that does not run here"
      : "Cannot hold a step to what it declares, as neither bubblewrap nor Landlock works here",
    details: causesOf(findings).join("\n"),
    hint: whatToDo(findings, needsFull),
  });
}

async function findTier(
  wanted: readonly SystemTier[],
  machine: Machine,
): Promise<{ readonly tier?: SystemTier; readonly findings: MachineFindings }> {
  if (Deno.build.os !== "linux") return { findings: { system: Deno.build.os } };
  const unusable = await machine.descriptors().then(
    () => undefined,
    (error) => {
      if (isMachineError(error)) throw error;
      return String(error?.message ?? error);
    },
  );
  if (unusable !== undefined) return { findings: { system: "linux", unusable } };
  const system = "linux" as const;
  const bubblewrap = wanted.includes("bubblewrap") ? await machine.bubblewrap() : undefined;
  if (bubblewrap?.is === "works") return { tier: "bubblewrap", findings: { system, bubblewrap } };
  const landlock = wanted.includes("landlock") ? await machine.landlock() : undefined;
  const findings = {
    system,
    ...(bubblewrap === undefined ? {} : { bubblewrap }),
    ...(landlock === undefined ? {} : { landlock }),
  };
  return landlock?.is === "works" ? { tier: "landlock", findings } : { findings };
}

/** For `sluice doctor`: everything tried anew. */
export interface Examination {
  /** What holds steps under `--sandbox=auto`. */
  readonly tier?: SystemTier;
  /** What is known of it: a version, or a kernel's limits. */
  readonly found: string;
  /** Why it is not a better one. */
  readonly reasons: readonly string[];
  readonly advice?: string;
}

/** That nothing can hold a step is an answer as well; nothing is refused. */
export async function examineSandbox(
  options: Pick<SandboxOptions, "cache" | "findBubblewrap" | "tiers">,
): Promise<Examination> {
  const { tier, findings } = await findTier(
    options.tiers ?? ["bubblewrap", "landlock"],
    openMachine(options, true),
  );
  const { causesOf, whatToDo } = await import("./unavailable.ts");
  const reasons = causesOf(findings);
  if (tier === undefined) return { found: "nothing holds steps here", reasons, advice: whatToDo(findings) };
  if (tier === "bubblewrap") {
    const path = findings.bubblewrap?.is === "works" ? findings.bubblewrap.path : "";
    return { tier, found: `bubblewrap at ${path}`, reasons };
  }
  const abi = findings.landlock?.abi ?? 0;
  const found = `Landlock, ABI ${abi}${abi < 6 ? ", which does not hold signals to other processes" : ""}`;
  return { tier, found, reasons, advice: whatToDo(findings) };
}
