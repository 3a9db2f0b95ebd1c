/** What the machine has to hold a step by; each thing is looked for when it is first asked for. */
import type { Descriptors } from "./descriptors.ts";
import type { BubblewrapFound, LandlockFound } from "./find_tier.ts";
import type { SandboxOptions } from "./sandbox_options.ts";

/** What was found out about the machine, each thing once. */
export interface Machine {
  descriptors(): Promise<Descriptors>;
  bubblewrap(): Promise<BubblewrapFound>;
  landlock(): Promise<LandlockFound>;
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
