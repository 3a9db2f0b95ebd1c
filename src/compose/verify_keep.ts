/** Keeps what a verification made. */
import { basename, dirname, join } from "node:path";
import { refuse } from "../core/error.ts";
import type { StepReport } from "../core/event.ts";
import { makeFolder, walkTree } from "../core/file_tree.ts";
import type { Plan } from "../core/plan.ts";

/** Fails with FOLDER_NOT_EMPTY, before anything runs. */
export async function checkKeepFolder(folder: string): Promise<void> {
  const isEmpty = await Array.fromAsync(Deno.readDir(folder)).then(
    (entries) => entries.length === 0,
    (error) => {
      if (error instanceof Deno.errors.NotFound) return true;
      if (error instanceof Deno.errors.NotADirectory) return false;
      throw error;
    },
  );
  if (isEmpty) return;
  refuse({
    code: "FOLDER_NOT_EMPTY",
    message: `Cannot keep outputs in \`${folder}\` as it is not an empty folder`,
    hint: "Name a folder that is not there",
  });
}

/** Each output as `<folder>/<step>/<its file name>`. */
export async function keepOutputs(plan: Plan, reports: readonly StepReport[], folder: string): Promise<void> {
  for (const { step, outputs } of reports) {
    if (!plan.steps.some(({ name }) => name === step)) continue;
    for (const { path } of Object.values(outputs)) {
      const target = join(folder, folderName(step), basename(path));
      makeFolder(dirname(target));
      await copyTree(path, target);
    }
  }
}

/** Names of steps hold nothing else; a plan is from outside. */
const folderName = (step: string): string =>
  step.replaceAll(/[^\w.-]/g, "_").replace(/^\.+/, "_").slice(0, 200);

async function copyTree(from: string, to: string): Promise<void> {
  for (const entry of walkTree(from)) {
    const target = entry.path === "" ? to : join(to, entry.path);
    if (entry.is === "folder") makeFolder(target);
    else if (entry.is === "file") {
      makeFolder(dirname(target));
      await Deno.copyFile(entry.path === "" ? from : join(from, entry.path), target);
    }
  }
}
