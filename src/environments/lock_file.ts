/**
 * The format of `sluice.lock`: JSON, version 1, sorted, one package a line, written for human eyes and committed by
 * users. It holds exact versions with the digests of their archives and no place to fetch them from.
 */
import { z } from "zod";
import { Digest } from "../core/digest.ts";
import { refuse } from "../core/error.ts";

/** The newest lock format, and the only one that is read and written. */
export const lockVersion = 1;

/** `sha256:…` as package indexes publish them; sha384 and sha512 are rare and as good. */
const ArchiveDigest = z.string().regex(/^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/);

/**
 * One requirement with one version: `numpy==2.1.0`, `pkg[extra]==1 ; marker`, `pkg @ git+https://…@<commit>`, or an
 * archive beside the requirements, `./pkg-1-py3-none-any.whl`. It becomes a line of a requirements file, so what
 * would be an option or a comment there is refused.
 */
export const PinnedRequirement = z.string().regex(
  /^([A-Za-z0-9][\w.-]*(\[[\w., -]+\])?( ?===? ?| @ )|(?=\.{0,2}\/\S+\.(whl|tar\.gz|zip)$))(?!.*\s[-#\\])[^\r\n]+$/,
);

/** Its commit stands for its content, so it needs no digest. */
export const isOfVersionControl = (requirement: string): boolean => / @ (git|hg|bzr|svn)\+/.test(requirement);

export const PythonLockEntry = z.strictObject({
  kind: z.literal("python"),
  /** The interpreter's version, as much of it as must fit: `3.12`, or `3.12.1` when that was asked for. */
  python: z.string().regex(/^\d+\.\d+(\.\d+\w*)?$/),
  /** Operating system and processor, such as `linux-x86_64`. */
  platform: z.string(),
  /** What was asked for, for the reader; the entry's key is what counts. */
  requirements: z.array(z.string()).readonly(),
  /** The digests of the archives that may be installed; none for a package of version control. */
  packages: z.record(PinnedRequirement, z.array(ArchiveDigest).readonly()).superRefine(
    (packages, context) => {
      for (const [requirement, digests] of Object.entries(packages)) {
        if (digests.length > 0 || isOfVersionControl(requirement)) continue;
        context.addIssue({ code: "custom", path: [requirement], message: "Package has no digest" });
      }
    },
  ).readonly(),
}).readonly();
export type PythonLockEntry = z.infer<typeof PythonLockEntry>;

export const LockEntry = z.discriminatedUnion("kind", [PythonLockEntry]);
export type LockEntry = z.infer<typeof LockEntry>;

export const LockFile = z.strictObject({
  version: z.literal(lockVersion),
  /** By the digest of what was asked for. */
  environments: z.record(Digest, LockEntry).readonly(),
}).readonly();
export type LockFile = z.infer<typeof LockFile>;

export const emptyLock: LockFile = { version: lockVersion, environments: {} };

/** The text of a lock file; the same content is always the same bytes, ending with a line feed. */
export function printLock(lock: LockFile): string {
  const environments = sortedEntries(lock.environments).map(([key, entry]) => {
    const packages = sortedEntries(entry.packages).map(([requirement, digests]) =>
      `        ${JSON.stringify(requirement)}: [${
        [...digests].sort().map((digest) => JSON.stringify(digest)).join(", ")
      }]`
    );
    return [
      `    ${JSON.stringify(key)}: {`,
      `      "kind": ${JSON.stringify(entry.kind)},`,
      `      "python": ${JSON.stringify(entry.python)},`,
      `      "platform": ${JSON.stringify(entry.platform)},`,
      `      "requirements": ${
        block("[", entry.requirements.map((line) => `        ${JSON.stringify(line)}`), "]")
      },`,
      `      "packages": ${block("{", packages, "}")}`,
      `    }`,
    ].join("\n");
  });
  const body = environments.length === 0 ? "{}" : `{\n${environments.join(",\n")}\n  }`;
  return `{\n  "version": ${lock.version},\n  "environments": ${body}\n}\n`;
}

function block(open: string, lines: readonly string[], close: string): string {
  return lines.length === 0 ? `${open}${close}` : `${open}\n${lines.join(",\n")}\n      ${close}`;
}

function sortedEntries<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}

/**
 * Reads the text of a lock file found at `path`. A newer version is refused with `FORMAT_NEWER`, anything that is no
 * lock with `LOCK_INVALID` and the line.
 */
export function readLock(text: string, path: string): LockFile {
  const value = parseJson(text, path);
  const version = typeof value === "object" && value !== null && "version" in value
    ? value.version
    : undefined;
  if (typeof version === "number" && Number.isInteger(version) && version > lockVersion) {
    refuse({
      code: "FORMAT_NEWER",
      message: `Cannot read \`sluice.lock\` as it has format ${version} and this sluice knows ${lockVersion}`,
      at: { file: path, line: lineOf(text, ["version"]) },
      hint: "Update sluice; the file is left as it is",
    });
  }
  const parsed = LockFile.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const keys = issue.path.map(String);
  refuse({
    code: "LOCK_INVALID",
    message: `Cannot read \`sluice.lock\` as ${
      keys.length === 0 ? "it" : `\`${keys.map((key) => key.slice(0, 40)).join(".")}\``
    } is wrong: ${describe(issue.message)}`,
    at: { file: path, line: lineOf(text, keys) },
    hint: mend,
  });
}

const mend = "Restore the file from version control, or delete it to resolve the environments again";

const describe = (message: string) => message.charAt(0).toLowerCase() + message.slice(1);

function parseJson(text: string, path: string): unknown {
  const conflict = text.split("\n").findIndex((line) => /^(<{7}|={7}|>{7})( |$)/.test(line));
  if (conflict >= 0) {
    refuse({
      code: "LOCK_INVALID",
      message: "Cannot read `sluice.lock` as it holds an unresolved merge conflict",
      at: { file: path, line: conflict + 1 },
      hint: "Keep the entries of both sides; each stands for itself",
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    refuse({
      code: "LOCK_INVALID",
      message: `Cannot read \`sluice.lock\` as it is no JSON: ${
        describe(reason.replace(/(, (\.\.\.)?"[^]*| in JSON at position.*)$/, ""))
      }`,
      at: { file: path, line: brokenLine(text, reason) },
      hint: mend,
    });
  }
}

/** V8 names the position, or shows the ten characters before and after the token; else the text ends too early. */
function brokenLine(text: string, reason: string): number {
  const position = /position (\d+)/.exec(reason)?.[1];
  const [, dots, shown] = /, (\.\.\.)?"([^]*)"(?:\.\.\.)? is not valid JSON$/.exec(reason) ?? [];
  if (shown !== undefined) {
    return text.slice(0, text.indexOf(shown) + (dots === undefined ? 0 : 10)).split("\n").length;
  }
  // Something is missing: behind the last thing that is there.
  return text.slice(0, position === undefined ? undefined : Number(position)).trimEnd().split("\n").length;
}

/** The line, from 1, of the innermost of `keys` that the text spells, each looked for after the one before it. */
function lineOf(text: string, keys: readonly string[]): number {
  let offset = 0;
  for (const key of keys) {
    const found = text.indexOf(JSON.stringify(key), offset);
    if (found < 0) break;
    offset = found;
  }
  return text.slice(0, offset).split("\n").length;
}
