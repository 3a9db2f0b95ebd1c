/**
 * An hour of runs and kills. `SOAK_MINUTES` says how long, `SOAK_SEED` which, and `SOAK_LOG` names a
 * file for what was measured after each round, a line of JSON each.
 */
import { realTest } from "../real_part.ts";
import { checkHeld, soak } from "../faults/soak/soak.ts";

const minutes = Number(Deno.env.get("SOAK_MINUTES") ?? 60);
const seed = Number(Deno.env.get("SOAK_SEED") ?? 11);
const log = Deno.env.get("SOAK_LOG");

realTest(
  ["bubblewrap"],
  `${minutes} minutes of runs and kills at random leave nothing behind, and a program that runs all along does not grow`,
  async () => {
    const all = await soak({
      durationMs: minutes * 60_000,
      seed,
      onRound(measured) {
        if (log === undefined) return;
        const { held: { descriptors, ...held }, ...rest } = measured;
        const line = { ...rest, ...held, descriptors: descriptors.length };
        Deno.writeTextFileSync(log, `${JSON.stringify(line)}\n`, { append: true });
      },
    });
    checkHeld(all);
  },
);
