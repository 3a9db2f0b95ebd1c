/** Environments of conda's packages, with what pip adds to them: solved and installed by py-rattler and uv. */
import { basename, join } from "node:path";
import { digestValue } from "../core/digest.ts";
import type { CondaSpec, EnvironmentContents } from "../core/environment.ts";
import { refuse } from "../core/error.ts";
import { findLook } from "../core/look.ts";
import { removeTree } from "../core/remove_tree.ts";
import { bytecodeRoot } from "./bytecode.ts";
import type { CondaAnswer, CondaArchive } from "./conda_script.ts";
import { type CondaLockEntry, type LockEntry, requireKind } from "./lock_file.ts";
import { condaParts, packageName, packageVersions } from "./packages.ts";
import { currentPlatform } from "./platform.ts";
import type { Answer, EnvironmentFacts, Provider, Settled, Surroundings, Work } from "./provider.ts";
import { readRequirements } from "./requirements.ts";

export const provideConda: Provider<"conda"> = async (asked, surroundings): Promise<Answer> => {
  const spec = asked.file === undefined ? asked : await surroundings.readCondaFile(asked.file);
  const platform = currentPlatform();
  const { text } = await readPip(spec, surroundings);
  const key = digestValue({
    ...{ kind: "conda", platform: platform.target, channels: spec.channels, packages: spec.packages },
    pip: [text.requirements, text.constraints, text.options, text.files],
  });
  return {
    is: "recipe",
    recipe: {
      key,
      resolve: (locked, work) => resolve(spec, locked, surroundings, work),
      settle: (entry) => Promise.resolve(settle(spec, requireKind(entry, "conda"), surroundings)),
    },
  };
};

const readPip = (spec: CondaSpec, { project }: Surroundings) =>
  readRequirements({ kind: "python", requirements: { from: "list", requirements: spec.pip } }, project);

async function resolve(
  spec: CondaSpec,
  locked: readonly LockEntry[],
  surroundings: Surroundings,
  work: Work,
): Promise<LockEntry> {
  const { channelAddresses } = await import("./conda_channels.ts");
  const { askRattler } = await import("./rattler.ts");
  const channels = await channelAddresses(spec.channels, surroundings.variables);
  work.onProgress({ is: "resolving" });
  const platform = currentPlatform().target;
  // uv needs an interpreter, and none of its packages is meant to bring one.
  const specs = spec.pip.length > 0 && !spec.packages.some((one) => packageName(one) === "python")
    ? [...spec.packages, "python"]
    : spec.packages;
  const answer = await askRattler(
    { is: "solve", channels, specs, preferred: preferredOf(specs, locked, platform) },
    surroundings,
    work,
  );
  if (answer.is !== "solved") return refuseAnswer(answer, channels);
  const archives = Object.fromEntries(answer.archives.map(({ url, digests }) => [url, digests]));
  for (const [url, digests] of Object.entries(archives)) if (digests.length === 0) refuseUndigested(url);
  const pins = spec.pip.length === 0 ? {} : await resolvePip(spec, answer.archives, surroundings, work);
  return {
    kind: "conda",
    python: pythonOf(Object.keys(archives)) ?? "none",
    platform,
    requirements: [
      ...channels.map((channel) => `channel ${channel}`),
      ...spec.packages,
      ...spec.pip.map((line) => `pip ${line}`),
    ],
    packages: { ...archives, ...pins },
  };
}

/** Versions of the entry that shares the most packages with `specs`, by name. */
function preferredOf(specs: readonly string[], locked: readonly LockEntry[], platform: string): string[] {
  const names = new Set(specs.map(packageName));
  const sharedBy = (entry: LockEntry) =>
    Object.keys(entry.packages).filter((pin) => names.has(packageName(pin))).length;
  const [nearest] = locked.filter((entry) => entry.kind === "conda" && entry.platform === platform)
    .filter((entry) => sharedBy(entry) > 0).sort((a, b) => sharedBy(b) - sharedBy(a));
  return Object.keys(nearest?.packages ?? {}).flatMap((pin) => {
    const parts = condaParts(pin);
    return parts === undefined ? [] : [`${parts.name} ==${parts.version} ${parts.build}`];
  });
}

const pythonOf = (urls: readonly string[]): string | undefined =>
  urls.map(condaParts).find((parts) => parts?.name === "python")?.version;

function refuseAnswer(answer: Exclude<CondaAnswer, { is: "solved" }>, channels: readonly string[]): never {
  const details = "words" in answer ? answer.words.trim() : "";
  if (answer.is === "unsatisfiable") {
    return refuse({
      code: "REQUIREMENTS_UNSATISFIABLE",
      message: "Cannot resolve the environment as no choice of conda's packages meets all requirements",
      details,
      hint: "Change the requirements that the explanation names",
    });
  }
  if (answer.is === "invalid") {
    return refuse({
      code: "ENVIRONMENT_INVALID",
      message: "Cannot resolve the environment as a package is not written as conda has it",
      details,
      hint: "Write packages as in an environment file, such as `numpy=1.26` or `numpy>=1.24,<2`",
    });
  }
  const isDigest = /hash mismatch|digest|sha256|md5/i.test(details);
  return refuse({
    code: "ENVIRONMENT_FAILED",
    message: "Cannot make the environment of conda's packages",
    details,
    hint: isDigest
      ? "What the channel offers is not what was locked: see that it can be trusted, or remove the entry from `sluice.lock`"
      : `See that the channels can be reached and hold what is locked: ${channels.join(", ")}`,
  });
}

function refuseUndigested(url: string): never {
  return refuse({
    code: "ENVIRONMENT_FAILED",
    message: `Cannot lock \`${url}\` as its channel tells no digest of it`,
    hint: "Index the channel again, as with `conda index`",
  });
}

/** What pip adds: resolved against the packages that are there, which are left out. */
async function resolvePip(
  spec: CondaSpec,
  archives: readonly CondaArchive[],
  surroundings: Surroundings,
  work: Work,
): Promise<CondaLockEntry["packages"]> {
  const [{ askRattler }, { resolvePackages }, { findUv, runUv }] = await Promise.all([
    import("./rattler.ts"),
    import("./resolve_packages.ts"),
    import("./uv.ts"),
  ]);
  const parent = join(surroundings.cache, "conda", "resolving");
  await Deno.mkdir(parent, { recursive: true });
  await removeOld(parent);
  const folder = await Deno.makeTempDir({ dir: parent });
  try {
    const answer = await askRattler({ is: "install", archives, folder, prefix: folder }, surroundings, work);
    if (answer.is !== "installed") return refuseAnswer(answer as Exclude<CondaAnswer, { is: "solved" }>, []);
    const uv = await findUv(surroundings, work);
    const python = join(folder, "bin", "python");
    const installed = (await runUv(
      {
        ...{ uv, folder: surroundings.project, isResolving: false, purpose: "list conda's packages" },
        arguments: ["pip", "freeze", "--python", python, "--no-python-downloads", "--color", "never"],
      },
      surroundings,
      work,
    )).split("\n").filter((line) => /^[\w.-]+==\S+$/.test(line));
    const requirements = await readPip(spec, surroundings);
    const asked = new Set(requirements.text.requirements.map(packageName));
    const kept = installed.filter((pin) => !asked.has(packageName(pin)));
    const { text } = requirements;
    const version = pythonOf(archives.map(({ url }) => url))!;
    const pins = await resolvePackages(
      {
        requirements: {
          ...requirements,
          text: { ...text, constraints: [...text.constraints, ...kept] },
        },
        interpreter: {
          ...{ path: python, version, implementation: "cpython", prefix: folder },
          digest: digestValue(version),
        },
        preferred: installed,
      },
      surroundings,
      work,
    );
    const there = new Set(installed.map(pinOf));
    return Object.fromEntries(Object.entries(pins).filter(([pin]) => !there.has(pinOf(pin))));
  } finally {
    await removeTree(folder).catch(() => {});
  }
}

/** What killed processes left: nobody resolves for a day. */
async function removeOld(parent: string): Promise<void> {
  for (const { name } of [...Deno.readDirSync(parent)]) {
    const path = join(parent, name);
    const look = findLook(path);
    if (look !== undefined && Date.now() - look.writtenAt > 86_400_000) {
      await removeTree(path).catch(() => {});
    }
  }
}

const pinOf = (pin: string): string =>
  `${packageName(pin)} ${packageVersions({ [pin]: [] })[packageName(pin)]}`;

function settle(spec: CondaSpec, entry: CondaLockEntry, surroundings: Surroundings): Settled {
  const platform = currentPlatform();
  const id = digestValue({ kind: "conda", packages: entry.packages, variables: spec.variables, platform });
  const archives = Object.entries(entry.packages).filter(([pin]) => condaParts(pin) !== undefined)
    .map(([url, digests]): CondaArchive => ({ url, digests }));
  const pins = Object.entries(entry.packages).filter(([pin]) => condaParts(pin) === undefined);
  const python = archives.find(({ url }) => condaParts(url)!.name === "python");
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
      ...(python === undefined
        ? {}
        : { interpreter: { version: entry.python, digest: python.digests[0] ?? "" } }),
      packages: packageVersions(entry.packages),
      platform: entry.platform,
    } satisfies EnvironmentContents,
    mustHold: ["conda-meta/history", ...(python === undefined ? [] : ["bin/python"])],
    restsOn: [],
    async make(folder, work, prefix) {
      const { askRattler } = await import("./rattler.ts");
      const answer = await askRattler({ is: "install", archives, folder, prefix }, surroundings, work);
      if (answer.is !== "installed") {
        return refuseAnswer(
          answer as Exclude<CondaAnswer, { is: "solved" }>,
          [...new Set(archives.map(({ url }) => url.split("/").slice(0, -2).join("/")))],
        );
      }
      if (pins.length > 0) await installPip(spec, pins, { folder, prefix }, surroundings, work);
    },
    describe(folder) {
      const bytecode = join(bytecodeRoot(surroundings.store), id.slice("sha256:".length));
      return {
        path: [join(folder, "bin")],
        variables: {
          CONDA_PREFIX: folder,
          CONDA_DEFAULT_ENV: folder,
          CONDA_SHLVL: "1",
          ...(python === undefined ? {} : {
            PYTHONUNBUFFERED: "1",
            PYTHONNOUSERSITE: "1",
            PYTHONPYCACHEPREFIX: bytecode,
            PYTHONDONTWRITEBYTECODE: "1",
          }),
          ...variablesIn(folder),
          ...spec.variables,
        },
        activation: scriptsIn(folder),
        folders: python === undefined ? [folder] : [folder, bytecode],
        hasMlflow: Object.keys(entry.packages).some((pin) =>
          ["mlflow", "mlflow-skinny"].includes(packageName(pin))
        ),
      };
    },
  };
}

async function installPip(
  spec: CondaSpec,
  pins: readonly (readonly [pin: string, digests: readonly string[]])[],
  { folder, prefix }: { readonly folder: string; readonly prefix: string },
  surroundings: Surroundings,
  work: Work,
): Promise<void> {
  const { fetchArguments, findUv, runUv } = await import("./uv.ts");
  const { text } = await readPip(spec, surroundings);
  const isHashed = pins.every(([, digests]) => digests.length > 0);
  const uv = await findUv(surroundings, work);
  await runUv(
    {
      ...{ uv, folder: surroundings.project, isResolving: false, purpose: "add pip's packages" },
      arguments: [
        ...["pip", "install", "--no-deps", isHashed ? "--require-hashes" : "--verify-hashes"],
        ...["--python", join(folder, "bin", "python"), "--no-python-downloads", "--break-system-packages"],
        ...["--no-compile-bytecode", ...fetchArguments(surroundings), "-r", "-"],
      ],
      stdin: [
        ...text.places,
        ...text.options.filter((option) => option !== "--pre"),
        ...pins.map(([pin, digests]) => [pin, ...digests.map((digest) => `--hash=${digest}`)].join(" ")),
        "",
      ].join("\n"),
    },
    surroundings,
    work,
  );
  await movePrograms(join(folder, "bin"), folder, prefix);
}

/** The first lines of a script hold the folder that it was installed into. */
async function movePrograms(programs: string, from: string, to: string): Promise<void> {
  for (const { name, isFile } of [...Deno.readDirSync(programs)]) {
    if (!isFile) continue;
    const path = join(programs, name);
    const bytes = await Deno.readFile(path);
    if (bytes[0] !== 0x23 || bytes[1] !== 0x21) continue;
    const end = bytes.indexOf(0x0a, bytes.indexOf(0x0a) + 1) + 1 || bytes.length;
    const head = new TextDecoder().decode(bytes.subarray(0, end));
    if (!head.includes(from)) continue;
    const { mode } = await Deno.stat(path);
    // A new file: the old one may have other names.
    await Deno.remove(path);
    const moved = [new TextEncoder().encode(head.replaceAll(from, to)), bytes.subarray(end)];
    await Deno.writeFile(path, new Blob(moved).stream(), { mode: mode ?? 0o755 });
  }
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
