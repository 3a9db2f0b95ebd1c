/** From what a Python spec asks for to exact versions with digests, by uv. */
import { join } from "node:path";
import { refuse, SluiceError } from "../core/error.ts";
import { listNames } from "../core/suggest.ts";
import { isOfVersionControl, PinnedRequirement, type PythonLockEntry } from "./lock_file.ts";
import type { Interpreter } from "./interpreter_memory.ts";
import type { Requirements } from "./requirements.ts";
import type { Surroundings, Work } from "./provider.ts";
import { fetchArguments, findUv, runUv } from "./uv.ts";

/** The packages of the environment, by pinned requirement: the digests of the archives that may be installed. */
export async function resolvePackages(
  question: Question,
  surroundings: Surroundings,
  work: Work,
): Promise<PythonLockEntry["packages"]> {
  const packages = await askUv(question, surroundings, work);
  for (const [pin, digests] of Object.entries(packages)) {
    if (digests.length > 0 || isOfVersionControl(pin)) continue;
    refuse({
      code: "ENVIRONMENT_FAILED",
      message: `Cannot lock the requirement \`${pin}\` as a lock holds digests and uv found none for it`,
      hint: "Name an archive of it, such as a wheel, or an index that has one",
    });
  }
  return packages;
}

export interface Question {
  readonly requirements: Requirements;
  readonly interpreter: Interpreter;
  /** Pins to keep where they fit. */
  readonly preferred: readonly string[];
}

async function askUv(
  { requirements, interpreter, preferred }: Question,
  surroundings: Surroundings,
  work: Work,
): Promise<PythonLockEntry["packages"]> {
  work.onProgress({ is: "resolving" });
  const uv = await findUv(surroundings, work);
  const call = { uv, folder: requirements.folder, purpose: "resolve the environment", isResolving: true };
  const python = ["--python", interpreter.path, "--no-python-downloads"];
  const compile = async (input: string, flags: readonly string[], stdin?: string) =>
    parsePins(
      await runUv(
        {
          ...call,
          arguments: [
            ...["pip", "compile", "--generate-hashes", "--no-strip-extras", ...plain, ...python],
            ...[...fetchArguments(surroundings), ...flags, input],
          ],
          ...(stdin === undefined ? {} : { stdin }),
        },
        surroundings,
        work,
      ),
    );
  const { constraints, options, places, requirements: wanted } = requirements.text;
  const { source } = requirements;
  switch (source.is) {
    case "uv-lock": {
      await refuseStaleUvLock(uv, requirements, source.folder, surroundings, work);
      const chosen = ["--frozen", "--no-dev", "--no-emit-project", "--format", "requirements-txt"];
      const exported = parsePins(
        await runUv({ ...call, arguments: ["export", ...chosen, ...plain, ...python] }, surroundings, work),
      );
      // uv.lock holds no digests of what came from a folder of archives; those that this machine needs are made up for.
      const bare = Object.keys(exported).filter((pin) =>
        exported[pin]!.length === 0 && !isOfVersionControl(pin)
      );
      if (bare.length === 0) return exported;
      const versionOf = (pin: string) => pin.split(" ;", 1)[0]!;
      const wantedVersions = new Set(bare.map(versionOf));
      const found = Object.entries(await compile("-", [], Object.keys(exported).join("\n") + "\n"))
        .filter(([pin]) => wantedVersions.has(versionOf(pin)));
      const kept = Object.entries(exported).filter(([pin]) => !bare.includes(pin));
      return Object.fromEntries([...kept, ...found]);
    }
    case "pyproject":
      return await withFile(
        preferred,
        (file) => compile(source.path, file === undefined ? [] : ["-o", file]),
      );
    case "text": {
      const lines = [...places, ...options.filter((option) => option !== "--pre"), ...wanted, ""];
      const flags = options.includes("--pre") ? ["--prerelease", "allow"] : [];
      // What an output file holds before is what uv prefers.
      return await withFile(preferred, (before) =>
        withFile(constraints, (file) =>
          compile("-", [
            ...flags,
            ...(before === undefined ? [] : ["-o", before]),
            ...(file === undefined ? [] : ["--constraints", file]),
          ], lines.join("\n"))));
    }
  }
}

/**
 * Fails with LOCK_STALE. uv decides only where a requirement reads otherwise: it takes a lock that was made with other
 * places to fetch from for a stale one, so it is asked with the machine's and with none.
 */
async function refuseStaleUvLock(
  uv: string,
  { text }: Requirements,
  folder: string,
  surroundings: Surroundings,
  work: Work,
): Promise<void> {
  const { findMoved } = await import("./uv_lock.ts");
  const path = join(folder, "uv.lock");
  const moved = findMoved(text.requirements, await Deno.readTextFile(path), path);
  if (moved.length === 0) return;
  const call = { uv, folder, purpose: "check `uv.lock`", isResolving: true };
  const check = ["lock", "--check", "--offline", "--no-python-downloads"];
  for (
    const [places, variables] of [[fetchArguments(surroundings), surroundings.variables], [[], {}]] as const
  ) {
    const { PATH = "", HOME = "" } = surroundings.variables;
    const asked = { ...surroundings, variables: { PATH, HOME, PIP_CONFIG_FILE: "/dev/null", ...variables } };
    const isFitting = await runUv({ ...call, arguments: [...check, ...places] }, asked, work)
      .then(() => true, (error) => {
        if (error instanceof SluiceError) return false;
        throw error;
      });
    if (isFitting) return;
  }
  refuse({
    code: "LOCK_STALE",
    message: `Cannot take the environment from \`uv.lock\` as \`pyproject.toml\` asks for something else: ${
      listNames(moved)
    }`,
    at: { file: path },
    hint: "Run `uv lock` in that folder",
  });
}

/** Calls `use` with a temporary file of these lines; without one when there are none. */
async function withFile<T>(
  lines: readonly string[],
  use: (path: string | undefined) => Promise<T>,
): Promise<T> {
  if (lines.length === 0) return await use(undefined);
  const path = await Deno.makeTempFile({ prefix: "sluice-", suffix: ".txt" });
  try {
    await Deno.writeTextFile(path, lines.join("\n") + "\n");
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

const plain = ["--no-header", "--no-annotate", "--color", "never"];

/**
 * Reads `name==version \` and `    --hash=sha256:…` as uv prints them; options are passed over. Fails with
 * ENVIRONMENT_INVALID on what a lock cannot hold: folders of this machine.
 */
function parsePins(text: string): PythonLockEntry["packages"] {
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
