/** From exact versions with digests to an environment that has them, by uv. */
import { join } from "node:path";
import type { Interpreter } from "./interpreter_memory.ts";
import type { PythonLockEntry } from "./lock_file.ts";
import type { Surroundings, Work } from "./provider.ts";
import type { Requirements } from "./requirements.ts";
import { fetchArguments, findUv, runUv } from "./uv.ts";

/** Makes a virtual environment of exactly these packages in `folder`; archives of other digests are refused. */
export async function installPackages(
  options: {
    readonly folder: string;
    readonly packages: PythonLockEntry["packages"];
    readonly interpreter: Interpreter;
    readonly requirements: Requirements;
  },
  surroundings: Surroundings,
  work: Work,
): Promise<void> {
  const { folder, packages, interpreter, requirements } = options;
  const uv = await findUv(surroundings, work);
  const call = { uv, folder: requirements.folder, purpose: "make the environment", isResolving: false };
  const python = ["--python", interpreter.path, "--no-python-downloads"];
  // Relocatable, as the folder is renamed when it is complete; what lies in it already is ours.
  await runUv(
    { ...call, arguments: ["venv", "--relocatable", "--no-project", "--allow-existing", ...python, folder] },
    surroundings,
    work,
  );
  const pins = Object.entries(packages);
  if (pins.length === 0) return;
  const isHashed = pins.every(([, digests]) => digests.length > 0);
  await runUv(
    {
      ...call,
      arguments: [
        ...["pip", "sync", isHashed ? "--require-hashes" : "--verify-hashes", "--no-compile-bytecode"],
        ...["--python", join(folder, "bin", "python"), ...fetchArguments(surroundings), "-"],
      ],
      stdin: [
        ...requirements.text.places,
        ...requirements.text.options.filter((option) => option !== "--pre"),
        ...pins.map(([pin, digests]) => [pin, ...digests.map((digest) => `--hash=${digest}`)].join(" ")),
        "",
      ].join("\n"),
    },
    surroundings,
    work,
  );
  const { verifyPackages } = await import("./verify_packages.ts");
  // Noted in the store: environments made anew are read in full.
  await verifyPackages(folder, surroundings.store, work.signal);
}
