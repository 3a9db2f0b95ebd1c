/** Answers what a plan must know of the world, and goes on knowing the files it looked at. */
import { dirname, join } from "node:path";
import { type Digest, digestBytes } from "../core/digest.ts";
import { fail, type Failure, type Result, SluiceError, succeed } from "../core/error.ts";
import {
  digestContent,
  digestLines,
  isProgram,
  treeLine,
  UnsupportedEntry,
  walkTree,
} from "../core/file_tree.ts";
import { fileURLToPath } from "../core/file_url.ts";
import type { Place } from "../core/place.ts";
import type { Environments } from "../core/ports/environments.ts";
import type { FileDigests } from "../core/ports/file_digests.ts";
import type { PlannedFiles } from "../core/ports/planned_files.ts";
import type { Sandbox } from "../core/ports/sandbox.ts";
import type { Tracker } from "../core/ports/tracker.ts";
import { isSystemError, machineFailure } from "../core/system_error.ts";
import { TrackingError } from "../core/tracking.ts";
import { type Answer, type Observations, type Question, questionKey } from "../plan/observation.ts";
import { openWitness, type Witness } from "./file_witness.ts";
import { sourceLocation } from "./fetch_artifact.ts";
import { listSources } from "./list_sources.ts";
import { type Looked, openLooked } from "./planned_files.ts";

/** What the answers are asked of. The tracker is opened only for registered models. */
export interface World {
  readonly environments: Environments;
  readonly openTracker: () => Promise<Tracker>;
  readonly digests: FileDigests;
  readonly sandbox: Sandbox;
  readonly variables: Readonly<Record<string, string>>;
}

export interface Observed {
  readonly observations: Observations;
  readonly files: PlannedFiles;
}

/** Each question once. Whatever cannot be answered is a failure that the plan returns when it needs it. */
export async function observeWorld(questions: readonly Question[], world: World): Promise<Observed> {
  const looked = openLooked();
  const answers = await Promise.all(
    questions.map(async (question) =>
      [questionKey(question), await answerOrFail(question, world, looked)] as const
    ),
  );
  return { observations: new Map(answers), files: looked.files };
}

async function answerOrFail(question: Question, world: World, looked: Looked): Promise<Result<Answer>> {
  try {
    return succeed(await answer(question, world, looked));
  } catch (error) {
    if (error instanceof SluiceError) return fail(error.failure);
    const failure = machineFailure(error, `Cannot read ${readBy(question)}`);
    if (failure !== undefined) return fail(failure);
    if (isSystemError(error)) return fail(unreadable(error, question));
    throw error;
  }
}

/** What the system refuses, such as a file of somebody else beside the pipeline. */
function unreadable(error: Error, question: Question): Failure {
  return {
    code: "GIVEN_FILE_INVALID",
    message: `Cannot read ${readBy(question)}: ${error.message}`,
    hint: isSources(question)
      ? "Give yourself the right to read it, name what the step needs in its `sources`, or add it to `.gitignore`"
      : "Give yourself the right to read it",
  };
}

const isSources = ({ is }: Question): boolean => is === "sources" || is === "modules";

const readBy = (question: Question): string =>
  isSources(question) ? "the source files of a step" : "what a step is given";

async function answer(question: Question, world: World, looked: Looked): Promise<Answer> {
  const witness = openWitness(world.digests);
  switch (question.is) {
    case "content": {
      const digest = await digestGiven(question.path, question.place, witness);
      looked.noteGiven(question.path, witness);
      return digest;
    }
    case "granted": {
      const { path } = question;
      const root = await realPath(path);
      const digest = root === undefined ? null : await digestGranted(root, witness);
      const isMoved = () => realPathNow(path) !== root;
      looked.noteGiven(path, { findChange: () => isMoved() ? path : witness.findChange() });
      return digest;
    }
    case "sources": {
      const sources = await listSources(question.folder, question.only, question.modules, witness);
      looked.noteSources(question.folder, sources, witness);
      return sources.list;
    }
    case "modules": {
      const { listFunctionSources } = await import("./function_sources.ts");
      const sources = await listFunctionSources(question.module, witness);
      looked.noteSources(dirname(fileURLToPath(question.module)), sources, witness);
      return sources.list;
    }
    case "variable": {
      const value = world.variables[question.name];
      return value === undefined ? null : digestBytes(value);
    }
    case "environment":
      return await world.environments.observe(question.spec);
    case "registered": {
      const found = await findRegistered(question.uri, question.place, world, witness);
      looked.noteGiven(found.location, witness);
      return found;
    }
    case "hold":
      return (await world.sandbox.hold(question)).tier;
  }
}

async function digestGiven(path: string, at: Place, digests: FileDigests): Promise<Digest> {
  try {
    return await digestContent(path, digests);
  } catch (error) {
    if (error instanceof UnsupportedEntry) {
      throw new SluiceError({
        code: "GIVEN_FILE_INVALID",
        message: `Cannot read \`${join(path, error.path)}\` as it is neither a file nor a folder`,
        at,
        hint: "Give regular files and folders; replace a link by what it points to",
      });
    }
    if (!isMissing(error)) throw error;
    throw new SluiceError({
      code: "GIVEN_FILE_MISSING",
      message: `Cannot read \`${path}\` as there is no such file or folder`,
      at,
      hint: "Put it there, or correct the path",
    });
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === "ENOENT" || code === "ENOTDIR" || code === "EACCES";
}

/** What may be read besides; `root` is where the links on the way to it lead, which are the user's own. */
async function digestGranted(root: string, digests: Witness): Promise<Digest> {
  const lines: string[] = [];
  digests.meet(root);
  for (const entry of walkTree(root)) {
    const at = join(root, entry.path);
    if (entry.is === "file") {
      const digest = await digests.digest(at, entry.look);
      lines.push(treeLine(isProgram(entry.look) ? `${digest} x` : digest, entry.path));
      continue;
    }
    digests.meet(at, entry.look);
    // A link below it counts as its text.
    const what = entry.is === "folder" ? "folder" : `link ${await Deno.readLink(at).catch(() => "none")}`;
    lines.push(treeLine(what, entry.path));
  }
  return digestLines(lines);
}

/** Undefined where nothing is. */
async function realPath(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function realPathNow(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch {
    return undefined;
  }
}

/** `models:/name/3` and `models:/name@alias`. */
async function findRegistered(uri: string, at: Place, world: World, digests: FileDigests) {
  const match = /^models:\/(?<name>[^/@]+)(?:\/(?<version>\d+)|@(?<alias>[^/@]+))$/.exec(uri)?.groups;
  const refuse = (message: string): never => {
    throw new SluiceError({
      code: "MODEL_NOT_FOUND",
      message,
      at,
      hint:
        "Name a registered model as `models:/name/3` or `models:/name@alias`; it must be in the tracker the run logs to",
    });
  };
  if (match === undefined) return refuse(`Cannot read \`${uri}\` as a registered model`);
  try {
    const tracker = await world.openTracker();
    const version = match["version"] === undefined
      ? await tracker.getModelVersionByAlias(match["name"]!, match["alias"]!)
      : await tracker.getModelVersion(match["name"]!, match["version"]);
    const location = await sourceLocation(version.source, tracker);
    const folder = tracker.artifacts.localFolder(location);
    const digest = folder === undefined ? undefined : await digestGiven(folder, at, digests);
    return { version: version.version, location, ...(digest === undefined ? {} : { digest }) };
  } catch (error) {
    if (error instanceof SluiceError && error.failure.code === "TRACKER_MISSING") {
      return refuse(`Cannot find the model \`${uri}\` as there is no tracker yet`);
    }
    if (error instanceof TrackingError) return refuse(`Cannot find the model \`${uri}\`: ${error.message}`);
    throw error;
  }
}
