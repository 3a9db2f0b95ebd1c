/** The files of a pipeline that an exported project needs: sources of commands, and what no step makes. */
import { dirname, join, relative, resolve, sep } from "node:path";
import { refuse } from "../core/error.ts";
import { walkTree } from "../core/file_tree.ts";
import { fileURLToPath } from "../core/file_url.ts";
import type { Place } from "../core/place.ts";
import type { FileDigests } from "../core/ports/file_digests.ts";
import type { PipelineDefinition, StepDefinition } from "../core/pipeline.ts";
import type { ExportedPlaces } from "../mlproject/exported_pipeline.ts";
import { filePath, pipelineModules, stepFolder } from "../plan/observation.ts";
import { listSources } from "./list_sources.ts";

export interface ExportedFiles {
  readonly places: Pick<ExportedPlaces, "folder" | "file" | "argument" | "standard">;
  /** Paths in the exported folder. */
  readonly names: readonly string[];
  /** Into the folder that is exported to. */
  copy(into: string): Promise<void>;
}

/** `target` is where the project will lie. Fails with GIVEN_FILE_INVALID, GIVEN_FILE_MISSING and ARGUMENT_INVALID. */
export async function findExportedFiles(
  definition: PipelineDefinition,
  digests: FileDigests,
  target: string,
): Promise<ExportedFiles> {
  const project = dirname(fileURLToPath(definition.module));
  const roots = [...new Set([project, ...definition.steps.map((use) => stepFolder(use.definition))])];
  /** What is copied, by its path in the exported folder. */
  const found = new Map<string, string>();
  const folders = new Set<string>();

  /** Where what lies in one of the folders with modules comes to lie; undefined for what lies elsewhere. */
  const placeOf = (path: string): string | undefined => {
    const index = roots.findIndex((root) => isWithin(path, root));
    if (index < 0) return undefined;
    const near = relative(roots[index]!, path).split(sep).join("/");
    const root = index === 0 ? "code" : `imported/${index}`;
    return near === "" ? root : `${root}/${near}`;
  };
  const refuseOutside = (path: string, at: Place): never =>
    refuse({
      code: "GIVEN_FILE_INVALID",
      message: `Cannot export \`${path}\` as it lies outside of the pipeline's folder, \`${project}\``,
      at,
      hint: "Put it into that folder, or make it a `path` parameter without a default",
    });
  const take = async (path: string, at: Place): Promise<string> => {
    const name = placeOf(path) ?? refuseOutside(path, at);
    if (isWithin(target, path)) refuseTarget(target, path);
    const real = await Deno.realPath(path).catch(() =>
      refuse({
        code: "GIVEN_FILE_MISSING",
        message: `Cannot export \`${path}\` as there is nothing`,
        at,
        hint: "Correct the path",
      })
    );
    const realRoots = await Promise.all(roots.map((root) => Deno.realPath(root)));
    if (!realRoots.some((root) => isWithin(real, root))) refuseOutside(path, at);
    if (!(await Deno.stat(path)).isDirectory) found.set(name, path);
    else {
      folders.add(name);
      for (const entry of walkTree(path)) {
        if (entry.is !== "folder") found.set(`${name}/${entry.path}`, join(path, entry.path));
      }
    }
    return name;
  };

  const modules = pipelineModules(definition);
  for (const step of new Set(definition.steps.map((use) => use.definition))) {
    folders.add(placeOf(stepFolder(step))!);
    if (step.body.is !== "command") continue;
    for (const path of await sourcesOfStep(step, modules, digests, target)) {
      const name = placeOf(path) ?? refuseOutside(path, step.place);
      await refuseLeadingOut(path, roots, step.place);
      found.set(name, path);
    }
  }
  const names = new Map<string, string>();
  const remember = async (path: string, at: Place) => {
    if (!names.has(path)) names.set(path, await take(path, at));
  };
  for (const use of definition.steps) {
    for (const binding of Object.values(use.inputs)) {
      const sources = binding.is === "one" ? [binding.source] : binding.is === "many" ? binding.sources : [];
      for (const source of sources) if (source.is === "file") await remember(filePath(source), use.place);
    }
    for (const [name, argument] of Object.entries(use.arguments)) {
      if (argument.is !== "value" || use.definition.parameters[name]?.type !== "path") continue;
      await remember(resolve(stepFolder(use.definition), String(argument.value)), use.place);
    }
  }
  for (const spec of Object.values(definition.parameters)) {
    if (spec.type !== "path" || spec.default === undefined) continue;
    await remember(resolve(project, spec.default), definition.place);
  }
  const nameOf = (path: string) => names.get(path) ?? placeOf(path)!;
  return {
    places: {
      folder: (use) => placeOf(stepFolder(use.definition))!,
      file: (source) => nameOf(filePath(source)),
      argument: (use, value) => nameOf(resolve(stepFolder(use.definition), value)),
      standard: (value) => nameOf(resolve(project, value)),
    },
    names: [...found.keys()],
    copy: (into) => copyFiles(found, folders, into),
  };
}

/** Absolute. */
async function sourcesOfStep(
  step: StepDefinition,
  modules: readonly string[],
  digests: FileDigests,
  target: string,
): Promise<readonly string[]> {
  const folder = stepFolder(step);
  for (const source of step.sources ?? ["."]) {
    if (isWithin(target, join(folder, source))) refuseTarget(target, join(folder, source));
  }
  const { list } = await listSources(folder, step.sources, modules, digests);
  return Object.keys(list).map((name) => join(folder, name));
}

function refuseTarget(target: string, sources: string): never {
  refuse({
    code: "ARGUMENT_INVALID",
    message: `Cannot export to \`${target}\` as it lies in \`${sources}\`, which is among the sources`,
    hint: "Name a folder elsewhere, such as one beside the pipeline's own",
  });
}

async function refuseLeadingOut(path: string, roots: readonly string[], at: Place): Promise<void> {
  if (!(await Deno.lstat(path)).isSymlink) return;
  const real = await Deno.realPath(path).catch(() => undefined);
  const reals = await Promise.all(roots.map((root) => Deno.realPath(root)));
  const isInside = real !== undefined && !Deno.readLinkSync(path).startsWith("/") &&
    reals.some((root) => isWithin(real, root));
  if (isInside) return;
  refuse({
    code: "GIVEN_FILE_INVALID",
    message: `Cannot export \`${path}\` as it is a link that leads out of the pipeline's folder`,
    at,
    hint:
      "Replace it by what it leads to, name what the step needs in its `sources`, or add it to `.gitignore`",
  });
}

const isWithin = (path: string, folder: string): boolean => {
  const near = relative(folder, path);
  return near === "" || near !== ".." && !near.startsWith(`..${sep}`);
};

async function copyFiles(
  found: ReadonlyMap<string, string>,
  folders: ReadonlySet<string>,
  into: string,
): Promise<void> {
  for (const name of folders) await Deno.mkdir(join(into, name), { recursive: true });
  for (const [name, path] of found) {
    await Deno.mkdir(dirname(join(into, name)), { recursive: true });
    if ((await Deno.lstat(path)).isSymlink) await Deno.symlink(await Deno.readLink(path), join(into, name));
    else await Deno.copyFile(path, join(into, name));
  }
}
