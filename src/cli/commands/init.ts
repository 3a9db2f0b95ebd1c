/** `sluice init`: writes a pipeline to begin with. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { refuse } from "../../core/error.ts";
import { showValue } from "../../core/parameter.ts";
import { shownPath } from "../../terminal/shown_path.ts";
import { safeText } from "../../terminal/safe_text.ts";
import { makeCommand, writeLines } from "../command.ts";

export const init = makeCommand({
  name: "init",
  summary: "Write a pipeline to begin with, in a new folder",
  description: "With its own test, editor settings and deno.json; it runs wherever Deno does.",
  positionals: [{
    name: "folder",
    value: { is: "file", placeholder: "FOLDER" },
    isOptional: true,
    default: "this folder, which must be empty",
    description: "Where to write",
  }],
  options: [],
  examples: [{ arguments: "my-pipeline", description: "In a new folder" }],
}, async (call) => {
  const folder = resolve(call.workingFolder, call.positionals[0] ?? ".");
  await requireEmpty(folder, call.positionals[0] ?? ".");
  const { findSluiceSource, projectFiles } = await import("../project_files.ts");
  const files = projectFiles(pipelineName(basename(folder)), findSluiceSource());
  try {
    for (const [path, text] of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text, { flag: "wx" });
    }
  } catch (error) {
    if (isNotWritable(error)) refuseNotWritable(folder);
    throw error;
  }
  writeLines(
    call.stdout,
    [...files.keys()].map((path) => safeText(shownPath(join(folder, path), call.workingFolder))),
  );
  const shown = shownPath(folder, call.workingFolder);
  const { quoteForShell } = await import("../../core/command.ts");
  const enter = shown === "." ? "" : `cd ${safeText(quoteForShell(shown))} && `;
  call.stderr.write(`\nNext: ${enter}deno run -A pipeline.ts\n`);
  return 0;
});

async function requireEmpty(folder: string, shown: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    const code = codeOf(error);
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

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error ? String(error.code) : undefined;

const isNotWritable = (error: unknown): boolean =>
  ["EACCES", "EPERM", "EROFS", "ENOTDIR", "ENOSPC"].includes(codeOf(error) ?? "");

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
