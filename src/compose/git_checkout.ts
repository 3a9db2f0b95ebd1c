/** What git says of a folder, from its own files: starting git would cost more than the rest of a small run. */
import { dirname, join, resolve } from "node:path";

/** The commit that is checked out; undefined where there is none. */
export function findGitCommit(folder: string): string | undefined {
  const gitFolder = findGit(folder)?.gitFolder;
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

/** The checkout that a folder lies in. */
export interface GitCheckout {
  /** Its top. */
  readonly folder: string;
  /** Of its first remote, with no user or password in it; undefined where it has none. */
  readonly remoteUrl: string | undefined;
}

/** Undefined where the folder lies in none. */
export function findGitCheckout(folder: string): GitCheckout | undefined {
  const found = findGit(folder);
  if (found === undefined) return undefined;
  const common = resolve(found.gitFolder, readText(join(found.gitFolder, "commondir"))?.trim() ?? ".");
  return { folder: found.top, remoteUrl: firstRemoteUrl(readText(join(common, "config")) ?? "") };
}

/** As git writes it; what it includes from other files is not looked at. */
function firstRemoteUrl(config: string): string | undefined {
  const section = config.split(/^\s*(?=\[)/m).find((section) => /^\[remote\s+"/.test(section));
  const url = /^\s*url\s*=\s*(.+?)\s*$/m.exec(section ?? "")?.[1]?.replace(/^"(.*)"$/, "$1");
  return url?.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^/]*@/, "$1");
}

function findGit(folder: string): { readonly top: string; readonly gitFolder: string } | undefined {
  for (let at = folder;; at = dirname(at)) {
    const path = join(at, ".git");
    const info = statIfThere(path);
    if (info?.isDirectory) return { top: at, gitFolder: path };
    if (info?.isFile) {
      const target = /^gitdir: (.+)$/m.exec(readText(path) ?? "")?.[1];
      return target === undefined ? undefined : { top: at, gitFolder: resolve(at, target) };
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
