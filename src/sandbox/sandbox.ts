/**
 * Sandbox: a program and what it may touch, to the arguments that run it so. This file: what holds which step.
 *
 * Nothing is looked at before the first step: what a tier needs is loaded when it is asked for.
 */
import type { Argv, Hold, Program, Sandbox, SandboxPolicy } from "../core/ports/sandbox.ts";
import type { SandboxMode } from "../core/sandbox_tier.ts";
import type { Descriptors } from "./descriptors.ts";
import type { BubblewrapFound, LandlockFound } from "./find_tier.ts";

/** What the operating system can hold a step by. */
export type SystemTier = "bubblewrap" | "landlock";

export interface SandboxOptions {
  readonly mode: SandboxMode;
  /** The program Deno. */
  readonly deno: string;
  /** URL of the module that runs a function: `dsl/function_child.ts`. */
  readonly child: string;
  /** The user's folder of sluice. */
  readonly cache: string;
  /** A `bwrap` on PATH or fetched; undefined when there is none to be had. */
  readonly findBubblewrap: () => Promise<string | undefined>;
  /**
   * Folders that a git checkout or another step may have written, such as the project: links below them are not
   * followed, and no step is shown more of them than it declares, wherever they lie. So it is with the cache and a step's
   * working folder.
   */
  readonly guarded?: readonly string[];
  /** Folders of which no step is shown more than it declares, such as the home; links below them are the user's own. */
  readonly hidden?: readonly string[];
  /** The tiers that may be used; all of them by default. */
  readonly tiers?: readonly SystemTier[];
}

/** What was found out about the machine, each thing once. */
export interface Machine {
  descriptors(): Promise<Descriptors>;
  bubblewrap(): Promise<BubblewrapFound>;
  landlock(): Promise<LandlockFound>;
}

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

/** Asks each thing when it is first needed. */
export function openMachine(
  options: Pick<SandboxOptions, "cache" | "findBubblewrap">,
  isAfresh = false,
): Machine {
  let descriptors: Promise<Descriptors> | undefined;
  let bubblewrap: Promise<BubblewrapFound> | undefined;
  const machine: Machine = {
    descriptors: () =>
      descriptors ??= import("./descriptors.ts").then(({ openDescriptors }) => openDescriptors()),
    bubblewrap: () =>
      bubblewrap ??= (async () => {
        const { findBubblewrap } = await import("./find_tier.ts");
        return await findBubblewrap(options, await machine.descriptors(), isAfresh);
      })(),
    async landlock() {
      const { findLandlock } = await import("./find_tier.ts");
      return findLandlock(await machine.descriptors());
    },
  };
  return machine;
}
