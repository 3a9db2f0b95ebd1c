/** From exact archives with digests to an environment that has them, by py-rattler, and what pip adds, by uv. */
import { join } from "node:path";
import type { CondaSpec } from "../core/environment.ts";
import { refuseCondaAnswer } from "./conda_refusals.ts";
import { readCondaPip } from "./conda_requirements.ts";
import type { CondaLockEntry } from "./lock_file.ts";
import { condaParts } from "./packages.ts";
import type { Surroundings, Work } from "./provider.ts";
import { askRattler } from "./rattler.ts";
import { fetchArguments, findUv, runUv } from "./uv.ts";

/**
 * `folder` is to be renamed to `prefix`, which is what the files hold. Archives of other digests are refused. Throws what
 * `refuseCondaAnswer` does, and what uv fails with.
 */
export async function installConda(
  spec: CondaSpec,
  packages: CondaLockEntry["packages"],
  { folder, prefix }: { readonly folder: string; readonly prefix: string },
  surroundings: Surroundings,
  work: Work,
): Promise<void> {
  const archives = Object.entries(packages).filter(([pin]) => condaParts(pin) !== undefined)
    .map(([url, digests]) => ({ url, digests }));
  const answer = await askRattler({ is: "install", archives, folder, prefix }, surroundings, work);
  if (answer.is !== "installed") {
    refuseCondaAnswer(answer, [...new Set(archives.map(({ url }) => url.split("/").slice(0, -2).join("/")))]);
  }
  const pins = Object.entries(packages).filter(([pin]) => condaParts(pin) === undefined);
  if (pins.length > 0) await installPip(spec, pins, { folder, prefix }, surroundings, work);
}

async function installPip(
  spec: CondaSpec,
  pins: readonly (readonly [pin: string, digests: readonly string[]])[],
  { folder, prefix }: { readonly folder: string; readonly prefix: string },
  surroundings: Surroundings,
  work: Work,
): Promise<void> {
  const { text } = await readCondaPip(spec, surroundings);
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
