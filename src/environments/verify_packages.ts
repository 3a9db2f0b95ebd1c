/**
 * Whether an environment's files are those of its packages.
 *
 * uv compares the digest of an archive when it fetches it, and from then on trusts what it unpacked into its cache. So
 * each file is held here against the digest that its package's RECORD gives it: a file that was changed, cut short or
 * lost in that cache does not come into an environment. RECORD itself comes from the same cache: it is no proof against
 * someone who changes both.
 *
 * Source of the format: Python packaging's "Recording installed projects".
 */
import { join, relative, resolve } from "node:path";
import { writeNote } from "../core/atomic_write.ts";
import { digestBytes } from "../core/digest.ts";
import { refuse } from "../core/error.ts";
import { digestFile } from "../core/file_tree.ts";

/** An entry of a RECORD: `name,sha256=…,size`. */
export interface RecordedFile {
  /** Relative to the folder of packages. */
  readonly path: string;
  /** Base64 for addresses, without padding; absent for what is made while installing. */
  readonly sha256?: string;
}

/**
 * Fails with ENVIRONMENT_FAILED and the file's name.
 *
 * What was found right is noted in `<store>/verified/`, by inode, size and time of change, as environments share files
 * with uv's cache by hard links: the same files are not read again for the next environment.
 */
export async function verifyPackages(environment: string, store: string, signal: AbortSignal): Promise<void> {
  const listed = new Set<string>();
  for (const packages of packageFolders(environment)) {
    const names = [...Deno.readDirSync(packages)].map(({ name }) => name).sort();
    for (const name of names.filter((one) => one.endsWith(".dist-info"))) {
      const text = await Deno.readTextFile(join(packages, name, "RECORD"));
      const files = parseRecord(text);
      for (const { path } of files) listed.add(join(packages, path));
      await verifyOne({ environment, packages, name, text, files }, store, signal);
    }
    for (const name of names.filter((one) => runsAtStart.test(one))) {
      if (!listed.has(join(packages, name))) refuseFile(join(packages, name), undefined, "is of no package");
    }
  }
}

/** What Python runs though nobody imports it. uv's own makes virtual environments work. */
const runsAtStart = /^(?!_virtualenv\.pth$)(.*\.pth|(site|user)customize\.py)$/;

function packageFolders(environment: string): string[] {
  const library = join(environment, "lib");
  return [...Deno.readDirSync(library)].filter(({ name }) => /^python\d/.test(name))
    .map(({ name }) => join(library, name, "site-packages"));
}

interface Installed {
  readonly environment: string;
  readonly packages: string;
  /** `numpy-2.1.0.dist-info`. */
  readonly name: string;
  readonly text: string;
  readonly files: readonly RecordedFile[];
}

async function verifyOne(installed: Installed, store: string, signal: AbortSignal): Promise<void> {
  const { environment, packages, name, text, files } = installed;
  const stamps = [text];
  const [own, shared]: [RecordedContent[], RecordedContent[]] = [[], []];
  for (const { path: given, sha256 } of files) {
    if (sha256 === undefined) continue;
    const path = resolve(packages, given);
    if (relative(environment, path).startsWith("..")) {
      refuseFile(given, name, "lies outside of the environment");
    }
    const info = statFile(path);
    if (info === undefined) return refuseFile(relative(packages, path), name, "is missing");
    // uv writes some files, such as programs, for each environment.
    const isShared = (info.nlink ?? 1) > 1;
    if (isShared) stamps.push(`${info.dev} ${info.ino} ${info.size} ${info.mtime?.getTime()}`);
    (isShared ? shared : own).push({ path, sha256, size: info.size });
  }
  await compareContents(own, installed, signal);
  const note = join(store, "verified", digestBytes(stamps.join("\n")).slice("sha256:".length));
  if (statFile(note) !== undefined) return;
  await compareContents(shared, installed, signal);
  if (shared.length > 0) await writeNote(note, "");
}

interface RecordedContent {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

async function compareContents(
  files: readonly RecordedContent[],
  { packages, name }: Installed,
  signal: AbortSignal,
): Promise<void> {
  let pausedAt = performance.now();
  for (const { path, sha256, size } of files) {
    // Small files are read at once: to wait for each would take several times as long.
    const digest = size > 1 << 20 ? await digestFile(path) : digestBytes(Deno.readFileSync(path));
    if (inBase64(digest) !== sha256) {
      refuseFile(relative(packages, path), name, "has another content than the package says");
    }
    if (performance.now() - pausedAt < 20) continue;
    await new Promise((done) => setTimeout(done));
    signal.throwIfAborted();
    pausedAt = performance.now();
  }
}

function statFile(path: string): Deno.FileInfo | undefined {
  try {
    const info = Deno.lstatSync(path);
    return info.isFile ? info : undefined;
  } catch {
    return undefined;
  }
}

/** Lines of comma-separated values, quoted where they hold a comma or a quote. */
export function parseRecord(text: string): RecordedFile[] {
  return text.split(/\r?\n/).filter((line) => line !== "").map((line) => {
    const [, quoted, plain, rest = ""] = /^(?:"((?:[^"]|"")*)"|([^,]*))(?:,(.*))?$/.exec(line) ?? [];
    const path = quoted?.replaceAll('""', '"') ?? plain ?? line;
    const sha256 = /^sha256=([\w-]+)=*(,|$)/.exec(rest)?.[1];
    return sha256 === undefined ? { path } : { path, sha256 };
  });
}

const inBase64 = (digest: string): string =>
  Uint8Array.fromHex(digest.slice("sha256:".length)).toBase64({ alphabet: "base64url", omitPadding: true });

function refuseFile(path: string, info: string | undefined, what: string): never {
  const [, name, version] = /^(.+)-([^-]+)\.dist-info$/.exec(info ?? "") ?? [];
  refuse({
    code: "ENVIRONMENT_FAILED",
    message: `Cannot make the environment as \`${path}\`${
      name === undefined ? "" : ` of \`${name}\` ${version}`
    } ${what}`,
    hint: `See who changed uv's cache; \`uv cache clean${
      name === undefined ? "" : ` ${name}`
    }\` has it fetched again`,
  });
}
