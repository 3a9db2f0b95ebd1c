/** Python environments of exact packages: resolved and made by uv. */
import { join } from "node:path";
import { type Digest, digestValue } from "../core/digest.ts";
import type { EnvironmentContents, PythonSpec } from "../core/environment.ts";
import { refuse } from "../core/error.ts";
import type { InterpreterRequest } from "./interpreters.ts";
import { bytecodeRoot, pythonVariables } from "./bytecode.ts";
import { currentPlatform } from "./platform.ts";
import type { Answer, EnvironmentFacts, Provider, Settled, Surroundings } from "./provider.ts";
import { hasMlflow, packageVersions } from "./packages.ts";
import { minorOf } from "./python_version.ts";
import { readRequirements, type Requirements } from "./requirements.ts";
import type { LockEntry } from "./lock_file.ts";
import { nearestEntry } from "./nearest_entry.ts";

export const providePython: Provider<"python"> = async (spec, surroundings): Promise<Answer> => {
  const requirements = await readRequirements(spec, surroundings.project);
  const request = requestOf(spec, requirements);
  const platform = currentPlatform();
  const { requirements: wanted, constraints, options, files } = requirements.text;
  // A lock fits one platform: what was resolved and tried is what is installed. Others add entries of their own.
  const key = digestValue({
    ...{ kind: "python", platform: platform.target, version: request.version ?? null },
    ...{ wanted, constraints, options, files, content: requirements.content },
  });
  return {
    is: "recipe",
    recipe: {
      key,
      async resolve(locked, work): Promise<LockEntry> {
        const { findInterpreter } = await import("./interpreters.ts");
        const interpreter = await findInterpreter(request, surroundings);
        const { resolvePackages } = await import("./resolve_packages.ts");
        const near = nearestEntry(
          wanted,
          locked.filter((entry) =>
            entry.kind === "python" && entry.platform === platform.target &&
            minorOf(entry.python) === minorOf(interpreter.version)
          ),
          (entry) => entry.requirements,
        );
        return {
          kind: "python",
          python: /\.\d+\./.test(request.version ?? "") ? request.version! : minorOf(interpreter.version),
          platform: platform.target,
          requirements: wanted,
          packages: await resolvePackages(
            { requirements, interpreter, preferred: Object.keys(near?.packages ?? {}) },
            surroundings,
            work,
          ),
        };
      },
      settle: (entry) => settle(entry, requirements, surroundings),
    },
  };
};

function requestOf(spec: PythonSpec, requirements: Requirements): InterpreterRequest {
  const version = spec.version ?? requirements.version;
  if (version !== undefined && !/^3(\.\d+){0,2}((a|b|rc)\d+)?$/.test(version)) {
    refuse({
      code: "ENVIRONMENT_INVALID",
      message:
        `Cannot make an environment with Python \`${version}\` as a version is written \`3.12\` or \`3.12.1\``,
      hint: "Name a version of Python 3",
    });
  }
  return {
    ...(version === undefined ? {} : { version }),
    ...(requirements.requires === undefined ? {} : { requires: requirements.requires }),
  };
}

async function settle(
  entry: LockEntry,
  requirements: Requirements,
  surroundings: Surroundings,
): Promise<Settled> {
  const { findInterpreter } = await import("./interpreters.ts");
  const interpreter = await findInterpreter(
    {
      version: entry.python,
      ...(requirements.requires === undefined ? {} : { requires: requirements.requires }),
    },
    surroundings,
  );
  const { packages } = entry;
  const id = identify(entry, interpreter);
  return {
    id,
    // Asked for only by who makes the environment: digesting a lock takes milliseconds.
    get facts(): EnvironmentFacts {
      return {
        kind: "python",
        python: interpreter.version,
        packages: Object.keys(packages).length,
        lock: digestValue(entry),
      };
    },
    get contents(): EnvironmentContents {
      return {
        kind: "python",
        interpreter: { version: interpreter.version, digest: interpreter.digest },
        packages: packageVersions(packages),
        platform: entry.platform,
      };
    },
    mustHold: ["bin/python"],
    restsOn: [interpreter.path, ...(interpreter.library === undefined ? [] : [interpreter.library])],
    async make(folder, work) {
      const { installPackages } = await import("./install_packages.ts");
      await installPackages({ folder, packages, interpreter, requirements }, surroundings, work);
    },
    describe(folder) {
      const bytecode = join(bytecodeRoot(surroundings.store), id.slice("sha256:".length));
      return {
        path: [join(folder, "bin")],
        variables: { VIRTUAL_ENV: folder, ...pythonVariables(bytecode) },
        folders: [folder, interpreter.prefix, bytecode],
        hasMlflow: hasMlflow(packages),
      };
    },
  };
}

/** By entry, as observing and preparing both ask for it. */
const identified = new WeakMap<LockEntry, { readonly interpreter: Digest; readonly id: Digest }>();

function identify(entry: LockEntry, interpreter: { version: string; digest: Digest }): Digest {
  const known = identified.get(entry);
  if (known?.interpreter === interpreter.digest) return known.id;
  const id = digestValue({
    ...{ kind: "python", packages: entry.packages },
    ...{ python: interpreter.version, interpreter: interpreter.digest },
    platform: currentPlatform(),
  });
  identified.set(entry, { interpreter: interpreter.digest, id });
  return id;
}
