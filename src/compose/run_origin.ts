/** Who runs what, from where: what the tags of a run say of its origin. */
import { dirname } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import type { RunOrigin } from "../scheduler/run_record.ts";
import { findGitCommit } from "./git_checkout.ts";
import { sluiceVersion } from "./version.ts";

/** Of the pipeline in `module`, a `file://` URL. */
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
export function userName(): string {
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
