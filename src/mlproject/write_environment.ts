/** Locked packages as the files that pip, conda and MLflow make environments of. */
import type { CondaSpec } from "../core/environment.ts";
import { writeYaml } from "./write_yaml.ts";

/** What a lock says of PyPI's packages: each requirement with one version, and the digests its archives may have. */
export type LockedPackages = Readonly<Record<string, readonly string[]>>;

/** `requirements.txt`, with hashes where each package has one: pip takes all or none. */
export function writeRequirements(packages: LockedPackages): string {
  const pins = Object.entries(packages).sort(([a], [b]) => a < b ? -1 : 1);
  const hasHashes = pins.every(([, digests]) => digests.length > 0);
  return pins.map(([pin, digests]) =>
    hasHashes ? `${pin}${digests.map((digest) => ` \\\n    --hash=${digest}`).join("")}\n` : `${pin}\n`
  ).join("");
}

/** `python_env.yaml` beside such a `requirements.txt`; the machine's own Python without a version. */
export const writePythonEnv = (python: string | undefined, hasRequirements: boolean): string =>
  python === undefined && !hasRequirements
    ? "# No packages, and any Python\ndependencies: []\n"
    : writeYaml({ python, dependencies: hasRequirements ? ["-r requirements.txt"] : [] });

/** `conda.yaml` for the same: a Python of conda-forge, the packages by pip. */
export const writeCondaForPip = (
  name: string,
  python: string | undefined,
  hasRequirements: boolean,
): string =>
  writeYaml({
    name,
    channels: ["conda-forge"],
    dependencies: [
      python === undefined ? "python" : `python=${python}`,
      "pip",
      ...(hasRequirements ? [{ pip: ["-r requirements.txt"] }] : []),
    ],
  });

/** `conda.yaml` of conda's own packages, as `spec` names them. */
export const writeConda = (name: string, spec: CondaSpec, hasRequirements: boolean): string =>
  writeYaml({
    name,
    channels: spec.channels.length === 0 ? ["defaults"] : spec.channels,
    dependencies: [...spec.packages, ...(hasRequirements ? [{ pip: ["-r requirements.txt"] }] : [])],
    variables: Object.keys(spec.variables).length === 0 ? undefined : spec.variables,
  });

/** The project of an environment that is not that of the whole: its one entry point runs a command in it. */
export const writeEnvironmentProject = (
  name: string,
  environment: Readonly<Record<string, string>>,
): string =>
  writeYaml({
    name,
    ...environment,
    entry_points: {
      step: { parameters: { call: "string" }, command: "python ../../run_command.py {call}" },
    },
  });

/** `run_command.py`: the command of a step, as the driver gives it. */
export const commandScript = String
  .raw`"""Runs one command of a step in the environment of the project beside."""

import json
import os
import shutil
import subprocess
import sys

call = json.loads(sys.argv[1])
program = shutil.which(call["argv"][0]) or call["argv"][0]
environment = dict(os.environ, SLUICE_LOG=call["log"])
sys.exit(subprocess.run([program, *call["argv"][1:]], cwd=call["folder"], env=environment).returncode)
`;
