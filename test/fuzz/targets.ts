/**
 * The readers that meet what others wrote, one line each: what it is, real samples, and the call.
 *
 * A new reader is one more line, such as `ofText("MLproject", samples, (text) => readMlproject(text, "/project"))`.
 */
import { argumentTargets } from "./targets/arguments.ts";
import { environmentTargets } from "./targets/environments.ts";
import { mlprojectTargets } from "./targets/mlproject.ts";
import { outputTargets } from "./targets/outputs.ts";
import { serverTargets } from "./targets/server.ts";
import { storeTargets } from "./targets/store.ts";
import type { Target } from "./target.ts";

export const targets: readonly Target[] = [
  ...argumentTargets,
  ...environmentTargets,
  ...mlprojectTargets,
  ...outputTargets,
  ...storeTargets,
  ...serverTargets,
];
