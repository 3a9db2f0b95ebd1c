import { realTest } from "../real_part.ts";
import { checkHeld, soak } from "./soak/soak.ts";

realTest(
  ["bubblewrap"],
  "half a minute of runs and kills at random leaves no process, file, lock or descriptor behind",
  async () => checkHeld(await soak({ durationMs: 20_000, seed: 11 })),
);
