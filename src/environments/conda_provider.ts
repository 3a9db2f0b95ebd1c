/** Environments of conda's packages, with what pip adds to them: solved and installed by py-rattler and uv. */
import { basename, join } from "node:path";
import { digestValue } from "../core/digest.ts";
import type { CondaSpec, EnvironmentContents } from "../core/environment.ts";
import { bytecodeRoot, pythonVariables } from "./bytecode.ts";
import { readCondaPip } from "./conda_requirements.ts";
import { type CondaLockEntry, requireKind } from "./lock_file.ts";
import { condaParts, hasMlflow, packageVersions } from "./packages.ts";
import { currentPlatform } from "./platform.ts";
import type { Answer, EnvironmentFacts, Provider, Settled, Surroundings } from "./provider.ts";

export const provideConda: Provider<"conda"> = async (asked, surroundings): Promise<Answer> => {
  const spec = asked.file === undefined ? asked : await surroundings.readCondaFile(asked.file);
  const platform = currentPlatform();
  const { text } = await readCondaPip(spec, surroundings);
  const key = digestValue({
    ...{ kind: "conda", platform: platform.target, channels: spec.channels, packages: spec.packages },
    pip: [text.requirements, text.constraints, text.options, text.files],
  });
  return {
    is: "recipe",
    recipe: {
      key,
      async resolve(locked, work) {
        const { resolveConda } = await import("./resolve_conda.ts");
        return await resolveConda(spec, locked, surroundings, work);
      },
      settle: (entry) => Promise.resolve(settle(spec, requireKind(entry, "conda"), surroundings)),
    },
  };
};

function settle(spec: CondaSpec, entry: CondaLockEntry, surroundings: Surroundings): Settled {
  const platform = currentPlatform();
  const id = digestValue({ kind: "conda", packages: entry.packages, variables: spec.variables, platform });
  const python = Object.entries(entry.packages).find(([pin]) => condaParts(pin)?.name === "python");
  return {
    id,
    facts: {
      kind: "conda",
      ...(entry.python === "none" ? {} : { python: entry.python }),
      packages: Object.keys(entry.packages).length,
      lock: digestValue(entry),
    } satisfies EnvironmentFacts,
    contents: {
      kind: "conda",
      ...(python === undefined ? {} : { interpreter: { version: entry.python, digest: python[1][0] ?? "" } }),
      packages: packageVersions(entry.packages),
      platform: entry.platform,
    } satisfies EnvironmentContents,
    mustHold: ["conda-meta/history", ...(python === undefined ? [] : ["bin/python"])],
    restsOn: [],
    async make(folder, work, prefix) {
      const { installConda } = await import("./install_conda.ts");
      await installConda(spec, entry.packages, { folder, prefix }, surroundings, work);
    },
    describe(folder) {
      const bytecode = join(bytecodeRoot(surroundings.store), id.slice("sha256:".length));
      return {
        path: [join(folder, "bin")],
        variables: {
          CONDA_PREFIX: folder,
          CONDA_DEFAULT_ENV: folder,
          CONDA_SHLVL: "1",
          ...(python === undefined ? {} : pythonVariables(bytecode)),
          ...variablesIn(folder),
          ...spec.variables,
        },
        activation: scriptsIn(folder),
        folders: python === undefined ? [folder] : [folder, bytecode],
        hasMlflow: hasMlflow(entry.packages),
      };
    },
  };
}

/** What activation reads, in its order: conda's own way of telling packages of their environment. */
function scriptsIn(folder: string): string[] {
  const scripts = join(folder, "etc", "conda", "activate.d");
  return namesIn(scripts).filter((name) => name.endsWith(".sh")).map((name) => join(scripts, name));
}

/** Variables that packages bring: `etc/conda/env_vars.d/*.json`. Values that are no texts are passed over. */
function variablesIn(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const variables = join(folder, "etc", "conda", "env_vars.d");
  for (const name of namesIn(variables).filter((each) => basename(each).endsWith(".json"))) {
    try {
      const value: unknown = JSON.parse(Deno.readTextFileSync(join(variables, name)));
      for (const [key, text] of Object.entries(value ?? {})) if (typeof text === "string") found[key] = text;
    } catch {
      // conda passes over it as well.
    }
  }
  return found;
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}
