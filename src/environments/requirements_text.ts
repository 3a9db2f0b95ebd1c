/**
 * Requirements files, as pip's documentation, "Requirements File Format", describes them: taken apart so that only
 * what decides on versions names the environment, and where packages come from does not.
 */
import { dirname, relative, resolve } from "node:path";
import { type Digest, digestBytes } from "../core/digest.ts";
import { refuse } from "../core/error.ts";

export interface RequirementsText {
  /** One requirement each, in one spelling of white space, sorted, without repetition. */
  readonly requirements: readonly string[];
  /** Lines of files given by `-c`, likewise. */
  readonly constraints: readonly string[];
  /** Options that can change versions: `--pre`, `--no-binary numpy`. */
  readonly options: readonly string[];
  /** Options that say where packages come from: not in the lock, not in its key. */
  readonly places: readonly string[];
  /** Archives named by path: their contents. */
  readonly files: Readonly<Record<string, Digest>>;
}

const placeOptions = new Set([
  "-i",
  "--index-url",
  "--pypi-url",
  "--extra-index-url",
  "--no-index",
  "-f",
  "--find-links",
  "--trusted-host",
]);
const versionOptions = new Set(["--pre", "--no-binary", "--only-binary"]);
/** They change how pip works, and nothing of what it installs. */
const passedOver = new Set(["--require-hashes", "--prefer-binary", "--use-feature"]);

/** Refuses the line at hand. */
type Invalid = (why: string, hint: string) => never;

interface Source {
  /** What relative paths are relative to. */
  readonly folder: string;
  /** What they are written relative to, here: `folder` by default. */
  readonly root?: string;
  readonly file?: string;
}

interface Collected {
  readonly requirements: string[];
  readonly constraints: string[];
  readonly options: string[];
  readonly places: string[];
  readonly files: Record<string, Digest>;
}

/** Takes the text apart, and the files it includes. Fails with ENVIRONMENT_INVALID, naming file and line. */
export function parseRequirementsText(text: string, source: Source): RequirementsText {
  const into: Collected = { requirements: [], constraints: [], options: [], places: [], files: {} };
  collect(text, source, into, "requirements", []);
  const sorted = (lines: readonly string[]) => [...new Set(lines)].sort();
  return {
    requirements: sorted(into.requirements),
    constraints: sorted(into.constraints),
    options: sorted(into.options),
    places: into.places,
    files: into.files,
  };
}

function collect(
  text: string,
  source: Source,
  into: Collected,
  as: "requirements" | "constraints",
  within: readonly string[],
): void {
  for (const { line, number } of logicalLines(text)) {
    const place = source.file === undefined
      ? { within: [`requirement \`${line}\``] }
      : { file: source.file, line: number };
    const invalid = (why: string, hint: string): never =>
      refuse({
        code: "ENVIRONMENT_INVALID",
        message: `Cannot use the requirement \`${line}\` as ${why}`,
        at: place,
        hint,
      });
    const [, short, long] = /^(?:(-[a-zA-Z])|(--[a-z-]+))/.exec(line) ?? [];
    const option = short ?? long;
    if (option === undefined) {
      into[as].push(withPath(line, source, into, invalid));
      continue;
    }
    const value = line.slice(option.length).replace(/^\s*=?\s*/, "");
    if (["-r", "--requirement", "-c", "--constraint"].includes(option)) {
      const path = resolve(source.folder, value);
      if (within.includes(path)) continue;
      if (kindOf(path) === undefined) invalid(`\`${path}\` does not exist`, "Correct the path");
      if (kindOf(path) !== "file") invalid(`\`${path}\` is no file`, "Name a requirements file");
      const kind = option.startsWith("-c") || option === "--constraint" ? "constraints" : as;
      collect(
        readFile(path, Deno.readTextFileSync, invalid),
        { folder: dirname(path), root: source.root ?? source.folder, file: path },
        into,
        kind,
        [
          ...within,
          path,
        ],
      );
    } else if (option === "-e" || option === "--editable") {
      invalid(folderRule, folderHint);
    } else if (placeOptions.has(option)) {
      const near = resolve(source.folder, value);
      into.places.push(
        `${option} ${/^(-f|--find-links)$/.test(option) && kindOf(near) !== undefined ? near : value}`.trim(),
      );
    } else if (versionOptions.has(option)) {
      into.options.push(`${option} ${value}`.trim());
    } else if (!passedOver.has(option)) {
      invalid(`\`${option}\` is not known`, "Remove the option");
    }
  }
}

const folderRule = "an environment holds what its lock names, and the content of a folder changes unseen";
const folderHint = "Build a wheel of it and name that, or let the step have the folder as a source";

/** Refuses folders; the content of an archive given by path is noted. */
function withPath(
  line: string,
  { folder, root = folder }: Source,
  into: Collected,
  invalid: Invalid,
): string {
  const [, name = "", given] =
    /^(?:([A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*)@\s*)?((?:file:|\.{0,2}\/|\.{1,2}$)\S*|\S+\.(?:whl|tar\.gz|zip)$)/
      .exec(line) ?? [];
  if (given === undefined || /^(https?|git\+\w+):/.test(given)) return line;
  const path = resolve(folder, given.startsWith("file://") ? pathOfAddress(given, invalid) : given);
  if (kindOf(path) === undefined) return invalid(`\`${path}\` does not exist`, "Correct the path");
  if (kindOf(path) === "folder") return invalid(folderRule, folderHint);
  if (kindOf(path) !== "file") return invalid(`\`${path}\` is no file`, "Name an archive");
  const isAbsolute = /^(file:|\/)/.test(given);
  const near = relative(root, path);
  const written = isAbsolute ? given : near.startsWith("../") ? near : `./${near}`;
  into.files[written] = digestBytes(readFile(path, Deno.readFileSync, invalid));
  return `${name.trim() === "" ? "" : `${name.trim()} @ `}${written}`;
}

function pathOfAddress(address: string, invalid: Invalid): string {
  try {
    return decodeURIComponent(new URL(address).pathname);
  } catch {
    return invalid(`\`${address}\` is no address of a file`, "Write it as `file:///folder/archive.whl`");
  }
}

function readFile<T>(path: string, read: (path: string) => T, invalid: Invalid): T {
  try {
    return read(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    return invalid(`\`${path}\` cannot be read`, "Give yourself the right to read it");
  }
}

/** As Python's `splitlines` has it, which pip reads them by. */
// deno-lint-ignore no-control-regex -- separators of lines among them
const lineEnd = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;

/** Lines without comments, continued ones joined, white space in one spelling; numbers from 1. */
function logicalLines(text: string): { line: string; number: number }[] {
  const lines: { line: string; number: number }[] = [];
  let before = "";
  let start = 1;
  text.replace(/^\uFEFF/, "").split(lineEnd).forEach((raw, index) => {
    if (before === "") start = index + 1;
    const isComment = /^\s*#/.test(raw);
    if (raw.endsWith("\\") && !isComment) {
      before += `${raw.slice(0, -1)} `;
      return;
    }
    const line = `${before}${isComment ? "" : raw}`.replace(/(^|\s)#.*$/, "").trim().replace(/\s+/g, " ");
    before = "";
    if (line !== "") lines.push({ line, number: start });
  });
  if (before.trim() !== "") lines.push({ line: before.trim().replace(/\s+/g, " "), number: start });
  return lines;
}

function kindOf(path: string): "file" | "folder" | "other" | undefined {
  try {
    const { isFile, isDirectory } = Deno.statSync(path);
    return isFile ? "file" : isDirectory ? "folder" : "other";
  } catch {
    return undefined;
  }
}
