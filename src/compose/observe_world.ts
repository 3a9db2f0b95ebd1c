/** Answers what a plan must know of the world. */
import { join } from "node:path";
import { fail, type Failure, type Result, SluiceError, succeed } from "../core/error.ts";
import { digestTree, UnsupportedEntry } from "../core/file_tree.ts";
import type { Place } from "../core/place.ts";
import type { Environments, Tracker } from "../core/ports.ts";
import { TrackingError } from "../core/tracking.ts";
import { type Answer, type Observations, type Question, questionKey } from "../plan/observation.ts";
import { digestModules } from "./digest_modules.ts";
import { digestSources } from "./digest_sources.ts";

/** What the answers are asked of. The tracker is opened only for registered models. */
export interface World {
  readonly environments: Environments;
  readonly openTracker: () => Promise<Tracker>;
}

/** Each question once. Whatever cannot be answered is a failure that the plan returns when it needs it. */
export async function observeWorld(questions: readonly Question[], world: World): Promise<Observations> {
  return new Map(
    await Promise.all(
      questions.map(async (question) =>
        [questionKey(question), await answerOrFail(question, world)] as const
      ),
    ),
  );
}

async function answerOrFail(question: Question, world: World): Promise<Result<Answer>> {
  try {
    return succeed(await answer(question, world));
  } catch (error) {
    if (error instanceof SluiceError) return fail(error.failure);
    if (error instanceof Error && /\(os error \d+\)/.test(error.message)) {
      return fail(unreadable(error, question));
    }
    throw error;
  }
}

/** What the system refuses, such as a file of somebody else beside the pipeline. */
function unreadable(error: Error, question: Question): Failure {
  const isSources = question.is === "sources" || question.is === "modules";
  return {
    code: "GIVEN_FILE_INVALID",
    message: `Cannot read ${
      isSources ? "the source files of a step" : "what a step is given"
    }: ${error.message}`,
    hint: isSources
      ? "Give yourself the right to read it, name what the step needs in its `sources`, or add it to `.gitignore`"
      : "Give yourself the right to read it",
  };
}

async function answer(question: Question, world: World): Promise<Answer> {
  switch (question.is) {
    case "content":
      return await digestGiven(question.path, question.place);
    case "sources":
      return await digestSources(question.folder, question.only, question.modules);
    case "modules":
      return await digestModules(question.module);
    case "environment":
      return await world.environments.observe(question.spec);
    case "registered":
      return await findRegistered(question.uri, question.place, world.openTracker);
  }
}

async function digestGiven(path: string, at: Place) {
  try {
    return (await digestTree(path)).digest;
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

/** `models:/name/3` and `models:/name@alias`. */
async function findRegistered(uri: string, at: Place, openTracker: () => Promise<Tracker>) {
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
    const tracker = await openTracker();
    const version = match["version"] === undefined
      ? await tracker.getModelVersionByAlias(match["name"]!, match["alias"]!)
      : await tracker.getModelVersion(match["name"]!, match["version"]);
    const location = await sourceLocation(version.source, tracker);
    const folder = tracker.artifacts.localFolder(location);
    const digest = folder === undefined ? undefined : await digestGiven(folder, at);
    return { version: version.version, location, ...(digest === undefined ? {} : { digest }) };
  } catch (error) {
    if (error instanceof SluiceError && error.failure.code === "TRACKER_MISSING") {
      return refuse(`Cannot find the model \`${uri}\` as there is no tracker yet`);
    }
    if (error instanceof TrackingError) return refuse(`Cannot find the model \`${uri}\`: ${error.message}`);
    throw error;
  }
}

/** A version's source is a folder, `models:/m-…` for a logged model, or `runs:/run/path`. */
async function sourceLocation(source: string, tracker: Tracker): Promise<string> {
  const logged = /^models:\/(m-[0-9a-f]+)$/.exec(source)?.[1];
  if (logged !== undefined) return (await tracker.getLoggedModel(logged)).artifactUri;
  const run = /^runs:\/([0-9a-f]{32})\/(.+)$/.exec(source);
  if (run !== null) return `${(await tracker.getRun(run[1]!)).info.artifactUri}/${run[2]}`;
  return source;
}
