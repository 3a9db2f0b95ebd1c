/** Who runs what, from where: what the tags of a run say of its origin. */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import type { RunOrigin } from "../scheduler/run_record.ts";
import { sluiceVersion } from "./version.ts";

export async function findRunOrigin(module: string): Promise<RunOrigin> {
  const path = fileURLToPath(module);
  const gitCommit = await findGitCommit(dirname(path));
  return {
    user: userName(),
    source: path,
    version: sluiceVersion,
    ...(gitCommit === undefined ? {} : { gitCommit }),
  };
}

/** As Python's `getpass.getuser()` has it, which MLflow asks. */
function userName(): string {
  for (const name of ["LOGNAME", "USER", "LNAME", "USERNAME"]) {
    const value = Deno.env.get(name);
    if (value) return value;
  }
  // A user id without an entry, as in some containers, has no name.
  return nameInPasswords(String(Deno.uid())) ?? "unknown";
}

/** `name:password:uid:…`, a line each. */
function nameInPasswords(uid: string): string | undefined {
  try {
    const lines = Deno.readTextFileSync("/etc/passwd").split("\n").map((line) => line.split(":"));
    return lines.find((fields) => fields[2] === uid)?.[0];
  } catch {
    return undefined;
  }
}

/** Read from git's own files: starting git would cost more than the rest of a small run. */
export async function findGitCommit(folder: string): Promise<string | undefined> {
  const gitFolder = await findGitFolder(folder);
  if (gitFolder === undefined) return undefined;
  const head = await readText(join(gitFolder, "HEAD"));
  const reference = /^ref: (.+)$/m.exec(head ?? "")?.[1];
  if (reference === undefined) return asCommit(head);
  const common = resolve(gitFolder, (await readText(join(gitFolder, "commondir")))?.trim() ?? ".");
  const loose = asCommit(
    await readText(join(gitFolder, reference)) ?? await readText(join(common, reference)),
  );
  if (loose !== undefined) return loose;
  const packed = await readText(join(common, "packed-refs"));
  return asCommit(packed?.split("\n").find((line) => line.endsWith(` ${reference}`))?.split(" ")[0]);
}

async function findGitFolder(folder: string): Promise<string | undefined> {
  for (let at = folder;; at = dirname(at)) {
    const path = join(at, ".git");
    const info = await Deno.stat(path).catch(() => undefined);
    if (info?.isDirectory) return path;
    if (info?.isFile) {
      const target = /^gitdir: (.+)$/m.exec(await readText(path) ?? "")?.[1];
      return target === undefined ? undefined : resolve(at, target);
    }
    if (at === dirname(at)) return undefined;
  }
}

const readText = (path: string) => Deno.readTextFile(path).catch(() => undefined);

function asCommit(text: string | undefined): string | undefined {
  return /^([0-9a-f]{40}|[0-9a-f]{64})\s*$/.exec(text ?? "")?.[1];
}
