/**
 * Sandbox: a program and what it may touch, to the arguments that run it so. This file: what holds which step.
 *
 * Nothing is looked at before the first step: what a tier needs is loaded when it is asked for.
 */
import type { Argv } from "../core/argv.ts";
import type { Hold, Program, Sandbox, SandboxPolicy } from "../core/ports/sandbox.ts";
import { openMachine } from "./machine_findings.ts";
import type { SandboxOptions } from "./sandbox_options.ts";

/** Nothing is looked for before the first step is to be held. */
export function openSandbox(options: SandboxOptions): Sandbox {
  const machine = openMachine(options);
  let found: Promise<string> | undefined;
  /** A step is shown the program, not what led to it. */
  const realDeno = () => found ??= Deno.realPath(options.deno);
  return {
    async hold({ body, net, needsFull }) {
      if (options.mode === "off" && !needsFull) {
        return { tier: body === "function" ? "deno" : "none", hasOwnNetwork: false };
      }
      const { holdingTier } = await import("./holding_tier.ts");
      const tier = await holdingTier(options, needsFull, machine);
      return { tier, hasOwnNetwork: tier === "bubblewrap" && net !== true };
    },
    async confine(program, policy, hold) {
      const argv = await argvOf(program, policy, options.child, realDeno);
      if (!isSystemTier(hold)) return { argv, files: [], tellsSignals: false };
      const { child, cache, guarded = [], hidden = [] } = options;
      const shared = {
        needs: { deno: await realDeno(), child },
        guarded: [cache, ...guarded],
        hidden,
        descriptors: await machine.descriptors(),
      };
      if (hold.tier === "landlock") {
        const { confineByLandlock } = await import("./confine_landlock.ts");
        const held = confineByLandlock(program, argv, policy, shared);
        return { argv: held, files: [], tellsSignals: false, failureMark: "sluice-landlock: " };
      }
      const bubblewrap = await machine.bubblewrap();
      if (bubblewrap.is !== "works") throw new Error("bubblewrap holds a step without having been found");
      const { confineInBubblewrap } = await import("./confine_bubblewrap.ts");
      const held = await confineInBubblewrap(program, argv, policy, { ...shared, bubblewrap });
      return { ...held, tellsSignals: true, failureMark: "bwrap: " };
    },
    async openProxy(hosts, hold, servers) {
      const { openHostProxy } = await import("./proxy.ts");
      return await openHostProxy(hosts, hold, servers);
    },
  };
}

const isSystemTier = ({ tier }: Hold): boolean => tier === "bubblewrap" || tier === "landlock";

async function argvOf(
  program: Program,
  policy: SandboxPolicy,
  child: string,
  realDeno: () => Promise<string>,
): Promise<Argv> {
  if (program.is === "command") return program.argv;
  const { denoArguments } = await import("./deno_permissions.ts");
  return [await realDeno(), ...denoArguments(program, policy, child)];
}
