/** From what a conda spec asks for to exact archives with digests, by py-rattler, and what pip adds, by uv. */
import { join } from "node:path";
import { digestValue } from "../core/digest.ts";
import type { CondaSpec } from "../core/environment.ts";
import { refuse } from "../core/error.ts";
import { findLook } from "../core/look.ts";
import { removeTree } from "../core/remove_tree.ts";
import { channelAddresses } from "./conda_channels.ts";
import { refuseCondaAnswer } from "./conda_refusals.ts";
import { readCondaPip } from "./conda_requirements.ts";
import type { CondaArchive } from "./conda_script.ts";
import type { CondaLockEntry, LockEntry } from "./lock_file.ts";
import { nearestEntry } from "./nearest_entry.ts";
import { condaParts, packageName, packageVersions } from "./packages.ts";
import { currentPlatform } from "./platform.ts";
import type { Surroundings, Work } from "./provider.ts";
import { askRattler } from "./rattler.ts";
import { resolvePackages } from "./resolve_packages.ts";
import { findUv, runUv } from "./uv.ts";

/** Throws what `refuseCondaAnswer` does, and what uv fails with. */
export async function resolveConda(
  spec: CondaSpec,
  locked: readonly LockEntry[],
  surroundings: Surroundings,
  work: Work,
): Promise<LockEntry> {
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
  if (answer.is !== "solved") return refuseCondaAnswer(answer, channels);
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
  const nearest = nearestEntry(
    specs,
    locked.filter((entry) => entry.kind === "conda" && entry.platform === platform),
    (entry) => Object.keys(entry.packages),
  );
  return Object.keys(nearest?.packages ?? {}).flatMap((pin) => {
    const parts = condaParts(pin);
    return parts === undefined ? [] : [`${parts.name} ==${parts.version} ${parts.build}`];
  });
}

const pythonOf = (urls: readonly string[]): string | undefined =>
  urls.map(condaParts).find((parts) => parts?.name === "python")?.version;

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
  const parent = join(surroundings.cache, "conda", "resolving");
  await Deno.mkdir(parent, { recursive: true });
  await removeOld(parent);
  const folder = await Deno.makeTempDir({ dir: parent });
  try {
    const answer = await askRattler({ is: "install", archives, folder, prefix: folder }, surroundings, work);
    if (answer.is !== "installed") return refuseCondaAnswer(answer, []);
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
    const requirements = await readCondaPip(spec, surroundings);
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
