/**
 * The format of `sluice.lock`: JSON, version 3, sorted, one package a line, written for human eyes and committed by
 * users. It holds exact versions with the digests of their archives and no place to fetch them from.
 */
import { z } from "zod";
import { Digest } from "../core/digest.ts";
import { refuse } from "../core/error.ts";
import { condaParts } from "./packages.ts";

/**
 * The newest lock format. Version 1 had no `pipelines`, version 2 no environments but Python's; a lock that has none of
 * these is still written as one, so that a sluice which knows no other goes on reading it.
 */
export const lockVersion = 3;

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

/** An archive of a channel by its address, the build among its name. */
const CondaArchive = z.string().refine((url) => condaParts(url) !== undefined && !/[\s"]/.test(url));
const CondaDigest = z.string().regex(/^(sha256:[0-9a-f]{64}|md5:[0-9a-f]{32})$/);

export const CondaLockEntry = z.strictObject({
  kind: z.literal("conda"),
  /** Of the Python among the packages; `none` where there is none. */
  python: z.string().regex(/^(none|\d+\.\d+(\.\d+\w*)?)$/),
  platform: z.string(),
  /** What was asked for, for the reader; the entry's key is what counts. */
  requirements: z.array(z.string()).readonly(),
  /** Archives of channels by address, and the packages of PyPI beside them: the digests that may be installed. */
  packages: z.record(z.union([CondaArchive, PinnedRequirement]), z.array(z.string()).readonly()).superRefine(
    (packages, context) => {
      for (const [pin, digests] of Object.entries(packages)) {
        const Known = condaParts(pin) === undefined ? ArchiveDigest : CondaDigest;
        const isGiven = digests.length > 0 || isOfVersionControl(pin);
        if (isGiven && digests.every((digest) => Known.safeParse(digest).success)) continue;
        context.addIssue({ code: "custom", path: [pin], message: "Package has no digest of its kind" });
      }
    },
  ).readonly(),
}).readonly();
export type CondaLockEntry = z.infer<typeof CondaLockEntry>;

export const DockerLockEntry = z.strictObject({
  kind: z.literal("docker"),
  python: z.literal("none"),
  platform: z.string(),
  /** What was asked for, for the reader; the entry's key is what counts. */
  requirements: z.array(z.string()).readonly(),
  /** The image, by its registry's digest where it came from one (`name@sha256:…`): the id of its content. */
  packages: z.record(
    z.string().regex(/^[A-Za-z0-9][\w./:@-]*$/),
    z.array(z.string().regex(/^sha256:[0-9a-f]{64}$/)).length(1).readonly(),
  ).refine((packages) => Object.keys(packages).length === 1).readonly(),
}).readonly();
export type DockerLockEntry = z.infer<typeof DockerLockEntry>;

export const LockEntry = z.discriminatedUnion("kind", [PythonLockEntry, CondaLockEntry, DockerLockEntry]);
export type LockEntry = z.infer<typeof LockEntry>;

/** The entry where it is of `kind`; a lock that was changed by hand may have another. Throws LOCK_INVALID. */
export function requireKind<Kind extends LockEntry["kind"]>(
  entry: LockEntry,
  kind: Kind,
): Extract<LockEntry, { kind: Kind }> {
  if (entry.kind === kind) return entry as Extract<LockEntry, { kind: Kind }>;
  return refuse({
    code: "LOCK_INVALID",
    message:
      `Cannot make an environment of kind ${kind} from an entry of kind ${entry.kind} in \`sluice.lock\``,
    hint: mend,
  });
}

/** What was locked of a pipeline beside the packages. */
export const PipelineRecord = z.strictObject({
  /** Keys of `LockFile.environments` that its steps ask for, on any platform. */
  environments: z.array(Digest).readonly(),
  /** Digests of what it is given, by path: relative to the lock's folder where it lies near. */
  files: z.record(z.string(), Digest).readonly(),
  /** Its modules by path with their digest, its packages (`npm:zod`) with their version. */
  modules: z.record(z.string(), z.string()).readonly(),
}).readonly();
export type PipelineRecord = z.infer<typeof PipelineRecord>;

const PythonEnvironments = z.record(Digest, PythonLockEntry).readonly();
const Pipelines = z.record(z.string(), PipelineRecord).readonly();

export const LockFile = z.discriminatedUnion("version", [
  z.strictObject({ version: z.literal(1), environments: PythonEnvironments }),
  /** Pipelines by module and name, such as `pipeline.ts#iris`. */
  z.strictObject({ version: z.literal(2), environments: PythonEnvironments, pipelines: Pipelines }),
  z.strictObject({
    version: z.literal(3),
    environments: z.record(Digest, LockEntry).readonly(),
    pipelines: Pipelines,
  }),
]);

/** What a lock of either version says. */
export interface Lock {
  /** By the digest of what was asked for. */
  readonly environments: Readonly<Record<string, LockEntry>>;
  readonly pipelines: Readonly<Record<string, PipelineRecord>>;
}

export const emptyLock: Lock = { environments: {}, pipelines: {} };

/** The text of a lock file; the same content is always the same bytes, ending with a line feed. */
export function printLock(lock: Lock): string {
  const environments = sortedEntries(lock.environments).map(([key, entry]) =>
    [
      `    ${JSON.stringify(key)}: {`,
      `      "kind": ${JSON.stringify(entry.kind)},`,
      `      "python": ${JSON.stringify(entry.python)},`,
      `      "platform": ${JSON.stringify(entry.platform)},`,
      `      "requirements": ${list(entry.requirements)},`,
      `      "packages": ${
        table(entry.packages, (digests) =>
          `[${digests.toSorted().map((one) => JSON.stringify(one)).join(", ")}]`)
      }`,
      `    }`,
    ].join("\n")
  );
  const pipelines = sortedEntries(lock.pipelines).map(([key, record]) =>
    [
      `    ${JSON.stringify(key)}: {`,
      `      "environments": ${list(record.environments.toSorted())},`,
      `      "files": ${table(record.files, (digest) => JSON.stringify(digest))},`,
      `      "modules": ${table(record.modules, (what) => JSON.stringify(what))}`,
      `    }`,
    ].join("\n")
  );
  const isOfPython = Object.values(lock.environments).every(({ kind }) => kind === "python");
  const version = !isOfPython ? 3 : pipelines.length === 0 ? 1 : 2;
  const members = [
    `  "version": ${version}`,
    `  "environments": ${block("{", environments, "}", "  ")}`,
    ...(version === 1 ? [] : [`  "pipelines": ${block("{", pipelines, "}", "  ")}`]),
  ];
  return `{\n${members.join(",\n")}\n}\n`;
}

const list = (items: readonly string[]): string =>
  block("[", items.map((item) => `        ${JSON.stringify(item)}`), "]", "      ");

/** A member a line, so that changes of two branches merge. */
function table<T>(record: Readonly<Record<string, T>>, print: (value: T) => string): string {
  const lines = sortedEntries(record).map(([name, value]) =>
    `        ${JSON.stringify(name)}: ${print(value)}`
  );
  return block("{", lines, "}", "      ");
}

function block(open: string, lines: readonly string[], close: string, margin: string): string {
  return lines.length === 0 ? `${open}${close}` : `${open}\n${lines.join(",\n")}\n${margin}${close}`;
}

function sortedEntries<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}

/**
 * Reads the text of a lock file found at `path`. A newer version is refused with `FORMAT_NEWER`, anything that is no
 * lock with `LOCK_INVALID` and the line.
 */
export function readLock(text: string, path: string): Lock {
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
  if (parsed.success) {
    const { environments } = parsed.data;
    return { environments, pipelines: parsed.data.version === 1 ? {} : parsed.data.pipelines };
  }
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
