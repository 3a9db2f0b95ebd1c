/**
 * Fetches projects by git, once a commit, into `<cache>/mlprojects/<address>/<commit>/`. A repository may be a stranger's: no
 * hook of it runs, and git starts no program but its own transports.
 */
import { join } from "node:path";
import { digestValue } from "../core/digest.ts";
import { refuse, SluiceError } from "../core/error.ts";
import { makeFolder } from "../core/file_tree.ts";
import { runProgram } from "../environments/run_program.ts";
import { fillOnce } from "./fill_once.ts";
import { type ProjectSource, shownUri } from "./project_source.ts";

export interface FetchedCommit {
  /** Its files, with git's own; nobody writes here. */
  readonly folder: string;
  readonly commit: string;
  /** The version that was asked for, where it is the name of a branch. */
  readonly branch?: string;
}

interface Surroundings {
  readonly cache: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Transports but `ext::` and the like; hooks and file system monitors are programs of the repository's or the user's. */
const careful = [
  ...["-c", "protocol.allow=never"],
  ...["https", "http", "ssh", "git", "file"].flatMap((name) => ["-c", `protocol.${name}.allow=always`]),
  ...["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.symlinks=true"],
  ...["-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main"],
];

/** Throws PROJECT_NOT_FOUND with git's own words, and TOOL_MISSING. */
export async function fetchGit(
  { url, version }: Extract<ProjectSource, { is: "git" }>,
  surroundings: Surroundings,
): Promise<FetchedCommit> {
  const projects = join(
    surroundings.cache,
    "mlprojects",
    digestValue(url).slice("sha256:".length, "sha256:".length + 32),
  );
  makeFolder(projects);
  const git = openGit(url, projects, surroundings);
  const { commit, name, branch } = await resolveVersion(url, version, git);
  const folder = join(projects, commit);
  const found = { folder, commit, ...(branch === undefined ? {} : { branch }) };
  await fillOnce(folder, async (part) => {
    const inPart = (...args: readonly string[]) => git([...careful, "-C", part, ...args]);
    await inPart("init", "--quiet");
    await inPart("remote", "add", "--", "origin", url);
    await fetchCommit(inPart, name ?? commit);
    await inPart("checkout", "--quiet", "--detach", commit);
    await inPart("submodule", "update", "--quiet", "--init", "--recursive");
  });
  return found;
}

/** Some hosts give no single commit, and hosts of old none by its name. */
async function fetchCommit(
  git: (...args: readonly string[]) => Promise<unknown>,
  name: string,
): Promise<void> {
  const ways = [
    ["--depth", "1", "--no-tags", "origin", name],
    ["--no-tags", "origin", name],
    ["--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"],
  ];
  for (const [index, way] of ways.entries()) {
    try {
      await git("fetch", "--quiet", ...way);
      return;
    } catch (error) {
      if (index === ways.length - 1 || !(error instanceof SluiceError)) throw error;
    }
  }
}

type Git = (args: readonly string[]) => Promise<string>;

function openGit(url: string, folder: string, { variables, signal }: Surroundings): Git {
  return async (args) => {
    const run = {
      program: "git",
      arguments: args,
      variables: { ...variables, GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" },
      folder,
      signal,
    };
    const ended = await runProgram(run).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return refuse({
        code: "TOOL_MISSING",
        message: `Cannot fetch \`${shownUri(url)}\` as there is no program \`git\``,
        hint: "Install Debian's `git`",
      });
    });
    if (ended.code === 0) return ended.stdout;
    return refuse({
      code: "PROJECT_NOT_FOUND",
      message: `Cannot fetch \`${shownUri(url)}\` as git cannot`,
      details: ended.stderr.replaceAll(url, shownUri(url)).trim(),
      hint: "See that the address and the version are right, and that git reaches it by itself",
    });
  };
}

async function resolveVersion(
  url: string,
  version: string | undefined,
  git: Git,
): Promise<{ readonly commit: string; readonly name?: string; readonly branch?: string }> {
  if (version !== undefined && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(version)) return { commit: version };
  const lines = (await git([...careful, "ls-remote", "--", url])).split("\n").map((line) => line.split("\t"));
  const of = (reference: string) => lines.find(([, name]) => name === reference)?.[0];
  if (version === undefined) {
    const head = of("HEAD");
    return head === undefined
      ? refuseVersion(url, "it has no commit", lines)
      : { commit: head, name: "HEAD" };
  }
  const branch = of(`refs/heads/${version}`);
  if (branch !== undefined) return { commit: branch, name: `refs/heads/${version}`, branch: version };
  // What a tag with a message stands for comes after it.
  const tag = of(`refs/tags/${version}^{}`) ?? of(`refs/tags/${version}`);
  if (tag !== undefined) return { commit: tag, name: `refs/tags/${version}` };
  const short = /^[0-9a-f]{7,}$/.test(version)
    ? lines.find(([commit]) => commit!.startsWith(version))
    : undefined;
  if (short !== undefined) return { commit: short[0]!, name: short[1]! };
  return refuseVersion(url, `it has no branch, tag or commit \`${version}\``, lines);
}

function refuseVersion(url: string, because: string, lines: readonly (readonly string[])[]): never {
  const names = lines.flatMap(([, name]) => /^refs\/(?:heads|tags)\/([^^]+)$/.exec(name ?? "")?.[1] ?? []);
  return refuse({
    code: "PROJECT_NOT_FOUND",
    message: `Cannot run project \`${shownUri(url)}\` as ${because}`,
    hint: names.length === 0
      ? "Name a whole commit"
      : `Branches and tags: ${names.slice(0, 20).join(", ")}; a commit is named whole`,
  });
}
