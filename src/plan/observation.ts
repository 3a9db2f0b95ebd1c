/** What a plan must know of the world: questions, as values, and the answers to them. */
import { dirname } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import { canonicalJson } from "../core/canonical_json.ts";
import type { Digest } from "../core/digest.ts";
import type { EnvironmentObservation, EnvironmentSpec } from "../core/environment.ts";
import type { Result } from "../core/error.ts";
import { inside, type Place } from "../core/place.ts";
import { type PipelineDefinition, type Source, sourcesOf, type StepDefinition } from "../core/pipeline.ts";
import type { SandboxTier } from "../core/sandbox_tier.ts";
import type { SourceList } from "../core/sources.ts";
import type { ResolvedRequest } from "./resolve_arguments.ts";

export type Question =
  /** The content of a file or folder; `place` is who asks. */
  | { readonly is: "content"; readonly path: string; readonly place: Place }
  /**
   * The source files of command steps in `folder`: those of `only`, `all` that are there, else those that git does not
   * ignore; `modules` (paths) are left out, as what they say is in the plan.
   */
  | {
    readonly is: "sources";
    readonly folder: string;
    readonly only?: readonly string[] | "all";
    readonly modules: readonly string[];
  }
  /** A module and all it imports. */
  | { readonly is: "modules"; readonly module: string }
  | { readonly is: "environment"; readonly spec: EnvironmentSpec }
  /** The content of what a permission lets a step read; null when nothing is there. */
  | { readonly is: "granted"; readonly path: string }
  /** The digest of the value of a caller's environment variable; null when it is not set. */
  | { readonly is: "variable"; readonly name: string }
  /** What will hold a step's process. */
  | {
    readonly is: "hold";
    readonly body: "command" | "function";
    readonly net: boolean | readonly string[];
    readonly needsFull: boolean;
  }
  | { readonly is: "registered"; readonly uri: string; readonly place: Place };

export interface RegisteredAnswer {
  readonly version: string;
  readonly location: string;
  readonly digest?: Digest;
}
export type Answer = Digest | null | SourceList | EnvironmentObservation | RegisteredAnswer | SandboxTier;
export type Observations = ReadonlyMap<string, Result<Answer>>;

/** One question has one key, whoever asks. */
export function questionKey(question: Question): string {
  const { place: _, ...rest } = question as Question & { readonly place?: Place };
  return canonicalJson(rest);
}

/** All that must be known before `plan` can decide; each once, for the first use that needs it. */
export function observe(definition: PipelineDefinition, request: ResolvedRequest): readonly Question[] {
  const questions = new Map<string, Question>();
  const ask = (question: Question) => {
    const key = questionKey(question);
    if (!questions.has(key)) questions.set(key, question);
  };
  const modules = pipelineModules(definition);
  // Many uses share a definition and what they are given: it is asked about once.
  const definitions = new Set<StepDefinition>(), given = new Set<string>();
  const isNew = (what: string) => !given.has(what) && given.add(what) !== undefined;
  for (const use of request.reach.steps) {
    const step = use.definition;
    if (!definitions.has(step)) {
      definitions.add(step);
      askOfDefinition(step, modules, ask);
    }
    for (const name in use.arguments) {
      const path = pathValue(step, name, use.arguments[name]!, request);
      if (path === undefined || !isNew(path)) continue;
      ask({ is: "content", path, place: inside(use.place, `step "${use.name}"`, `parameter "${name}"`) });
    }
    for (const name in use.inputs) {
      for (const source of sourcesOf(use.inputs[name]!)) {
        if (source.is === "output" || !isNew(givenName(source))) continue;
        ask(givenQuestion(source, inside(use.place, `step "${use.name}"`, `input "${name}"`)));
      }
    }
  }
  return [...questions.values()];
}

function askOfDefinition(
  step: StepDefinition,
  modules: readonly string[],
  ask: (question: Question) => void,
): void {
  ask({ is: "environment", spec: step.environment });
  ask(sourcesQuestion(step, modules));
  ask(holdQuestion(step));
  for (const path of step.permissions.read) ask({ is: "granted", path });
  for (const name of step.permissions.env) ask({ is: "variable", name });
}

/** The paths of the modules that define the pipeline and its steps; sorted. */
export function pipelineModules(definition: PipelineDefinition): readonly string[] {
  const urls = new Set([definition.module]);
  for (const use of definition.steps) urls.add(use.definition.module);
  return [...urls].map((url) => fileURLToPath(url)).sort();
}

export function sourcesQuestion(step: StepDefinition, modules: readonly string[]): Question {
  if (step.body.is === "function") return { is: "modules", module: step.module };
  const folder = stepFolder(step);
  if (step.workingCopy !== undefined) {
    const leftOut = step.workingCopy.except.map((path) => `${folder}/${path}`);
    return { is: "sources", folder, only: "all", modules: [...modules, ...leftOut] };
  }
  return step.sources === undefined
    ? { is: "sources", folder, modules }
    : { is: "sources", folder, only: step.sources, modules };
}

export const holdQuestion = (step: StepDefinition): Question => ({
  is: "hold",
  body: step.body.is,
  net: step.permissions.net,
  // Nothing else can put an image in the place of the machine's files.
  needsFull: step.sandbox === "full" || step.environment.kind === "docker",
});

/** The folder a step runs in: that of the module that defines it. */
export const stepFolder = (step: StepDefinition): string => dirname(fileURLToPath(step.module));

const givenName = (source: GivenSource): string =>
  source.is === "file" ? `${source.folder}\n${source.path}` : source.uri;

type GivenSource = Exclude<Source, { is: "output" }>;

/** About what no step makes. */
export function givenQuestion(source: GivenSource, place: Place): Question {
  return source.is === "file"
    ? { is: "content", path: filePath(source), place }
    : { is: "registered", uri: source.uri, place };
}

/** Absolute; a path that leaves the folder is the user's own choice. */
export const filePath = (source: Extract<Source, { is: "file" }>): string =>
  fileURLToPath(new URL(source.path.split("/").map(encodeURIComponent).join("/"), source.folder));

/** The value of an argument that is a path whose content counts; undefined for other arguments. */
export function pathValue(
  step: StepDefinition,
  name: string,
  argument: StepDefinitionArgument,
  request: ResolvedRequest,
): string | undefined {
  if (step.parameters[name]?.type !== "path" || argument.is === "metric") return undefined;
  const value = argument.is === "value" ? argument.value : request.parameters[argument.name];
  return value === undefined ? undefined : absolute(String(value), step);
}
type StepDefinitionArgument = PipelineDefinition["steps"][number]["arguments"][string];

/** A literal path in a pipeline is relative to the folder of its step. */
const absolute = (path: string, step: StepDefinition): string =>
  path.startsWith("/") ? path : `${stepFolder(step)}/${path}`;
