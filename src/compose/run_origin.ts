/** Who runs what, from where: what the tags of a run say of its origin. */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import type { RunOrigin } from "../scheduler/run_record.ts";
import { sluiceVersion } from "./version.ts";

export function findRunOrigin(module: string): RunOrigin {
  const path = fileURLToPath(module);
  const gitCommit = findGitCommit(dirname(path));
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

/** Read from git's own files, one small one after the other: starting git would cost more than the rest of a small run. */
export function findGitCommit(folder: string): string | undefined {
  const gitFolder = findGitFolder(folder);
  if (gitFolder === undefined) return undefined;
  const head = readText(join(gitFolder, "HEAD"));
  const reference = /^ref: (.+)$/m.exec(head ?? "")?.[1];
  if (reference === undefined) return asCommit(head);
  const common = resolve(gitFolder, readText(join(gitFolder, "commondir"))?.trim() ?? ".");
  const loose = asCommit(
    readText(join(gitFolder, reference)) ?? readText(join(common, reference)),
  );
  if (loose !== undefined) return loose;
  const packed = readText(join(common, "packed-refs"));
  return asCommit(packed?.split("\n").find((line) => line.endsWith(` ${reference}`))?.split(" ")[0]);
}

function findGitFolder(folder: string): string | undefined {
  for (let at = folder;; at = dirname(at)) {
    const path = join(at, ".git");
    const info = statIfThere(path);
    if (info?.isDirectory) return path;
    if (info?.isFile) {
      const target = /^gitdir: (.+)$/m.exec(readText(path) ?? "")?.[1];
      return target === undefined ? undefined : resolve(at, target);
    }
    if (at === dirname(at)) return undefined;
  }
}

function statIfThere(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

function asCommit(text: string | undefined): string | undefined {
  return /^([0-9a-f]{40}|[0-9a-f]{64})\s*$/.exec(text ?? "")?.[1];
}
