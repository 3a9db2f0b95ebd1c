/** What `sluice.lock` records of a pipeline: whose environments, which given files, which modules. */
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { EnvironmentSpec } from "../core/environment.ts";
import { canonicalJson } from "../core/canonical_json.ts";
import { refuse } from "../core/error.ts";
import { digestContent, UnsupportedEntry } from "../core/file_tree.ts";
import { fileURLToPath } from "../core/file_url.ts";
import { type PipelineDefinition, type PipelineResult, type Source, sourcesOf } from "../core/pipeline.ts";
import type { FileDigests } from "../core/ports/file_digests.ts";
import { filePath, stepFolder } from "../plan/observation.ts";
import { listModules } from "./list_modules.ts";
import type { Contents } from "./lock_difference.ts";

/** `pipeline.ts#iris`: names a pipeline among those that share a folder, and so a lock. */
export const pipelineKey = (definition: PipelineDefinition): string =>
  `${basename(fileURLToPath(definition.module))}#${definition.name}`;

export interface AskedEnvironment {
  readonly spec: EnvironmentSpec;
  /** Names of the steps that ask for it. */
  readonly steps: readonly string[];
}

/** All that steps of the pipeline ask for, each once, in the order of wiring. */
export function findEnvironments(definition: PipelineDefinition): readonly AskedEnvironment[] {
  const found = new Map<string, { spec: EnvironmentSpec; steps: string[] }>();
  for (const { name, definition: { environment } } of definition.steps) {
    const key = canonicalJson(environment);
    const known = found.get(key);
    if (known === undefined) found.set(key, { spec: environment, steps: [name] });
    else known.steps.push(name);
  }
  return [...found.values()];
}

/**
 * Reads the given files and the module graph as they are now. A file that is not there is not in the record.
 * Throws GIVEN_FILE_INVALID, PIPELINE_FILE_THREW.
 */
export async function observeContents(
  definition: PipelineDefinition,
  digests: FileDigests,
): Promise<Contents> {
  const [files, { list }] = await Promise.all([
    digestFiles(definition, digests),
    listModules(definition.module, digests),
  ]);
  // Which sluice runs is for those who install it: a newer one makes no lock stale.
  const { sluice: _, ...modules } = list;
  // Deno's own words name paths of this machine.
  const plain = Object.entries(modules).map(([name, what]) =>
    [name.split(sep).join("/"), what.startsWith("unreadable") ? "unreadable" : what] as const
  );
  return { files, modules: Object.fromEntries(plain) };
}

async function digestFiles(
  definition: PipelineDefinition,
  digests: FileDigests,
): Promise<Record<string, string>> {
  const project = dirname(fileURLToPath(definition.module));
  const found = await Promise.all([...givenPaths(definition)].map(async (path) => {
    const digest = await digestIfThere(path, digests);
    return digest === undefined ? [] : [[nameOf(path, project), digest] as const];
  }));
  return Object.fromEntries(found.flat());
}

/** Relative to the lock's folder, unless that would tell how deep the folder lies on this machine. */
function nameOf(path: string, project: string): string {
  const near = relative(project, path);
  const shared = resolve(project, near.match(/^(\.\.\/)*/)?.[0] ?? "");
  return (shared === "/" ? path : near === "" ? "." : near).split(sep).join("/");
}

async function digestIfThere(path: string, digests: FileDigests): Promise<string | undefined> {
  try {
    return await digestContent(path, digests);
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    const isLink = error instanceof UnsupportedEntry;
    if (!isLink && !(error instanceof Deno.errors.PermissionDenied)) throw error;
    return refuse({
      code: "GIVEN_FILE_INVALID",
      message: isLink
        ? `Cannot lock \`${join(path, error.path)}\` as it is neither a file nor a folder`
        : `Cannot lock \`${path}\` as it cannot be read`,
      hint: isLink
        ? "Give regular files and folders; replace a link by what it points to"
        : "Give yourself the right to read it",
    });
  }
}

/** Absolute paths of what `given.file` names, of literal paths and of defaults of `path` parameters. */
function givenPaths(definition: PipelineDefinition): ReadonlySet<string> {
  const paths = new Set<string>();
  const add = (source: Source) => {
    if (source.is === "file") paths.add(filePath(source));
  };
  for (const use of definition.steps) {
    for (const binding of Object.values(use.inputs)) sourcesOf(binding).forEach(add);
    for (const [name, argument] of Object.entries(use.arguments)) {
      if (argument.is !== "value" || use.definition.parameters[name]?.type !== "path") continue;
      paths.add(resolve(stepFolder(use.definition), String(argument.value)));
    }
  }
  const project = dirname(fileURLToPath(definition.module));
  for (const spec of Object.values(definition.parameters)) {
    if (spec.type === "path" && spec.default !== undefined) paths.add(resolve(project, spec.default));
  }
  for (const result of Object.values(definition.results)) addGiven(result, add);
  return paths;
}

function addGiven(result: PipelineResult, add: (source: Source) => void): void {
  if (result.is === "given") add(result.source);
  else if (result.is === "list") { for (const item of result.items) addGiven(item, add); }
}
