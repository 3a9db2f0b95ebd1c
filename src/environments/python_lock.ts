/** From what a Python spec asks for to exact versions with digests, by uv. */
import { join } from "node:path";
import { refuse } from "../core/error.ts";
import { PinnedRequirement, type PythonLockEntry } from "./lock_file.ts";
import type { Interpreter } from "./interpreter_memory.ts";
import type { Requirements } from "./requirements.ts";
import type { Surroundings, Work } from "./provider.ts";
import { fetchArguments, findUv, runUv } from "./uv.ts";

/** The packages of the environment, by pinned requirement: the digests of the archives that may be installed. */
export async function resolvePackages(
  requirements: Requirements,
  interpreter: Interpreter,
  surroundings: Surroundings,
  work: Work,
): Promise<PythonLockEntry["packages"]> {
  work.onProgress({ is: "resolving" });
  const uv = await findUv(surroundings, work);
  const call = { uv, folder: requirements.folder, purpose: "resolve the environment", isResolving: true };
  const python = ["--python", interpreter.path, "--no-python-downloads"];
  const plain = ["--no-header", "--no-annotate", "--color", "never"];
  if (requirements.source.is === "uv-lock") {
    const chosen = ["--frozen", "--no-dev", "--no-emit-project", "--format", "requirements-txt"];
    return parsePins(
      await runUv({ ...call, arguments: ["export", ...chosen, ...plain, ...python] }, surroundings, work),
    );
  }
  const { constraints, options, places, requirements: wanted } = requirements.text;
  const constraintsFile = await Deno.makeTempFile({ prefix: "sluice-constraints-" });
  try {
    const isText = requirements.source.is === "text";
    if (constraints.length > 0) await Deno.writeTextFile(constraintsFile, constraints.join("\n") + "\n");
    const text = await runUv(
      {
        ...call,
        arguments: [
          ...["pip", "compile", "--generate-hashes", "--no-strip-extras", ...plain, ...python],
          ...fetchArguments(surroundings),
          ...(options.includes("--pre") ? ["--prerelease", "allow"] : []),
          ...(constraints.length > 0 ? ["--constraints", constraintsFile] : []),
          requirements.source.is === "pyproject" ? requirements.source.path : "-",
        ],
        ...(isText
          ? { stdin: [...places, ...options.filter((one) => one !== "--pre"), ...wanted, ""].join("\n") }
          : {}),
      },
      surroundings,
      work,
    );
    return parsePins(text);
  } finally {
    await Deno.remove(constraintsFile);
  }
}

/**
 * Reads `name==version \` and `    --hash=sha256:…` as uv prints them; options are passed over. Fails with
 * ENVIRONMENT_INVALID on what a lock cannot hold: folders of this machine.
 */
export function parsePins(text: string): PythonLockEntry["packages"] {
  const packages: Record<string, string[]> = {};
  for (const line of text.replaceAll(/\\\r?\n/g, " ").split("\n")) {
    const [pin = "", ...digests] = line.replace(/(^|\s)#.*$/, "").split(/\s+--hash[= ]/).map((part) =>
      part.trim()
    );
    if (pin === "" || /^-(?!e )/.test(pin)) continue;
    if (!PinnedRequirement.safeParse(pin).success) {
      refuse({
        code: "ENVIRONMENT_INVALID",
        message: `Cannot lock the requirement \`${pin}\` as the content of a folder changes unseen`,
        hint: "Build a wheel of it and name that, or let the step have the folder as a source",
      });
    }
    packages[pin] = digests;
  }
  return packages;
}

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
}
