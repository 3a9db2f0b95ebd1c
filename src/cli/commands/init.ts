/** `sluice init`: writes a pipeline to begin with, and a workflow that runs it. */
import { basename, dirname, join, relative, resolve } from "node:path";
import { refuse } from "../../core/error.ts";
import { showValue } from "../../core/parameter.ts";
import { systemErrorCode } from "../../core/system_error.ts";
import { shownPath } from "../../terminal/shown_path.ts";
import { safeText } from "../../terminal/safe_text.ts";
import { type CiService, ciServices } from "../ci_files.ts";
import { writeLines } from "../../terminal/text_sink.ts";
import { makeCommand } from "../command.ts";

export const init = makeCommand({
  name: "init",
  summary: "Write a pipeline to begin with, in a new folder",
  description:
    "With its own test, editor settings and deno.json; it runs wherever Deno does. With --ci also a workflow that " +
    "runs it: that alone, where there is a pipeline.ts.",
  positionals: [{
    name: "folder",
    value: { is: "file", placeholder: "FOLDER" },
    isOptional: true,
    default: "this folder, which must be empty",
    description: "Where to write",
  }],
  options: [{
    name: "ci",
    value: { is: "choice", placeholder: "SERVICE", choices: ciServices },
    isRepeatable: true,
    description: "Write a workflow that runs the pipeline, checked and cached",
  }],
  examples: [
    { arguments: "my-pipeline", description: "In a new folder" },
    { arguments: "--ci github", description: "A workflow for the pipeline in this folder" },
  ],
}, async (call) => {
  const given = call.positionals[0] ?? ".";
  const folder = resolve(call.workingFolder, given);
  const services = [...new Set(call.options.get("ci") ?? [])] as CiService[];
  const isForPipeline = services.length > 0 && await isThere(join(folder, "pipeline.ts"));
  if (!isForPipeline) await requireEmpty(folder, given);
  const { findSluiceSource, projectFiles } = await import("../project_files.ts");
  const project = isForPipeline
    ? new Map<string, string>()
    : projectFiles(pipelineName(basename(folder)), findSluiceSource());
  const files = new Map([...project].map(([path, text]) => [join(folder, path), text]));
  for (const [path, text] of await workflows(services, folder)) files.set(path, text);
  await writeFiles(files, folder);
  writeLines(call.stdout, [...files.keys()].map((path) => safeText(shownPath(path, call.workingFolder))));
  const shown = shownPath(folder, call.workingFolder);
  const { quoteForShell } = await import("../../core/command.ts");
  const enter = shown === "." ? "" : `cd ${safeText(quoteForShell(shown))} && `;
  if (services.length === 0) {
    call.stderr.write(`\nNext: ${enter}deno run -A pipeline.ts\n`);
  } else {
    call.stderr.write(
      `\n${await sluiceNote(folder)}Next: ${enter}deno run -A sluice/cli lock, then commit sluice.lock\n`,
    );
  }
  return 0;
});

/** By absolute path. */
async function workflows(services: readonly CiService[], folder: string): Promise<Map<string, string>> {
  if (services.length === 0) return new Map();
  const { ciFile, ciPath } = await import("../ci_files.ts");
  const root = await findRepository(folder) ?? folder;
  const below = relative(root, folder);
  if (!/^[\w./-]*$/.test(below)) {
    refuse({
      code: "ARGUMENT_INVALID",
      message: `Cannot write a workflow for \`${showValue(below)}\` as it cannot be named in one as it is`,
      hint: "Name the folders from the root of the repository with letters, digits, `_`, `-` and `.`",
    });
  }
  const files = new Map(services.map((service) => [join(root, ciPath(service)), ciFile(service, below)]));
  for (const path of files.keys()) {
    if (!await isThere(path)) continue;
    refuse({
      code: "FOLDER_NOT_EMPTY",
      message: `Cannot write \`${showValue(relative(root, path))}\` as it is there already`,
      at: { file: root },
      hint: "Move it away first, or copy what you need from a workflow that is written elsewhere",
    });
  }
  return files;
}

/** The folder that holds `.git`: this one or one above. */
async function findRepository(folder: string): Promise<string | undefined> {
  for (let at = folder;; at = dirname(at)) {
    if (await isThere(join(at, ".git"))) return at;
    if (at === dirname(at)) return undefined;
  }
}

/** Says so where sluice comes from a folder of this machine, which another one does not have. */
async function sluiceNote(folder: string): Promise<string> {
  const text = await Deno.readTextFile(join(folder, "deno.json")).catch(() => "");
  return /"links"\s*:/.test(text)
    ? "Note: deno.json takes sluice from a folder of this machine (`links`); the workflow needs it in the repository, or from a package\n"
    : "";
}

const isThere = (path: string): Promise<boolean> => Deno.lstat(path).then(() => true, () => false);

/** All of them or none; nothing is written over. */
async function writeFiles(files: ReadonlyMap<string, string>, folder: string): Promise<void> {
  const written: string[] = [];
  try {
    for (const [path, text] of files) {
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, text, { createNew: true });
      written.push(path);
    }
  } catch (error) {
    for (const path of written) await Deno.remove(path).catch(() => {});
    if (isNotWritable(error)) refuseNotWritable(folder);
    throw error;
  }
}

async function requireEmpty(folder: string, shown: string): Promise<void> {
  let names: string[];
  try {
    names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT") return;
    if (code === "ENOTDIR") names = [basename(folder)];
    else return refuseNotWritable(folder);
  }
  // A repository that was just made is empty to its owner.
  const [first] = names.filter((name) => name !== ".git");
  if (first === undefined) return;
  refuse({
    code: "FOLDER_NOT_EMPTY",
    message: `Cannot write a pipeline to \`${showValue(shown)}\` as it holds \`${showValue(first)}\``,
    hint: "Name a new folder, as in `sluice init my-pipeline`",
  });
}

const isNotWritable = (error: unknown): boolean =>
  ["EACCES", "EPERM", "EROFS", "ENOTDIR", "ENOSPC"].includes(systemErrorCode(error) ?? "");

function refuseNotWritable(folder: string): never {
  return refuse({
    code: "FOLDER_NOT_WRITABLE",
    message: `Cannot write a pipeline to \`${showValue(folder)}\` as the folder cannot be written`,
    hint: "Name a folder of your own, with space left",
  });
}

/** A folder's name as a pipeline's: letters, digits, `_` and `-`, beginning with a letter. */
export function pipelineName(folder: string): string {
  const name = folder.normalize("NFKD").replaceAll(/[^A-Za-z0-9_-]+/g, "-").replaceAll(
    /^[^A-Za-z]+|-+$/g,
    "",
  );
  return name === "" ? "line" : name.slice(0, 60);
}
