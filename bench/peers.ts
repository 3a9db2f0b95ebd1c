/** Peers beside which sluice is measured: each in an environment of its own, installed when it is first wanted. */
import { join } from "node:path";
import { pythonEnvironment } from "../test/real/python_environment.ts";

/** Versions are part of what is measured. */
const requirements = {
  snakemake: ["snakemake==9.27.0"],
  dvc: ["dvc==3.67.1"],
  doit: ["doit==0.37.0"],
  ninja: ["ninja==1.13.0"],
  /** What MLflow's own manager of that name starts. */
  virtualenv: ["virtualenv==21.15.11"],
} as const;

/** The path of its program. */
export async function findPeer(name: keyof typeof requirements): Promise<string> {
  return join(await pythonEnvironment(name, requirements[name]), "..", name);
}
