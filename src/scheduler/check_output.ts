/** Refuses outputs that are missing, are links, sockets or devices, or are not of the kind that was declared. */
import { dirname } from "node:path";
import { fail, succeed } from "../core/error.ts";
import { digestTree, UnsupportedEntry } from "../core/file_tree.ts";
import type { KindSpec } from "../core/kind.ts";
import { lookIfThere } from "../core/look.ts";
import { inside } from "../core/place.ts";
import type { PlannedStep } from "../core/plan.ts";
import { isSystemError } from "../core/system_error.ts";
import { findFlaw } from "./kind_flaw.ts";

/**
 * The output of a step whose processes are all dead: its tree, if it is what was declared, regular files and folders alone.
 * Fails with OUTPUT_MISSING and OUTPUT_INVALID.
 */
export async function checkOutput(step: PlannedStep, name: string, kind: KindSpec, path: string) {
  const at = inside(step.place, `step "${step.name}"`, `output "${name}"`);
  const look = lookIfThere(path);
  if (look === undefined || !isRealFolder(dirname(path))) {
    return fail({
      code: "OUTPUT_MISSING",
      message: `Cannot finish step "${step.name}" as it ended without writing its output "${name}"`,
      at,
      hint: `Write it to the path that \`outputs.${name}\` holds`,
    });
  }
  const invalid = (flaw: string) =>
    fail({
      code: "OUTPUT_INVALID",
      message: `Cannot take output "${name}" of step "${step.name}" as ${flaw}`,
      at,
      hint: kind.kind === "file" ? "Write regular files and folders only" : `Write ${describeKind(kind)}`,
    });
  if (look.is !== "file" && look.is !== "folder") return invalid("it is neither a file nor a folder");
  try {
    const tree = await digestTree(path);
    const flaw = await findFlaw(path, kind, look.is === "folder");
    return flaw === undefined ? succeed(tree) : invalid(flaw);
  } catch (error) {
    if (error instanceof UnsupportedEntry) {
      return invalid(`its \`${error.path}\` is neither a file nor a folder`);
    }
    if (isSystemError(error)) return invalid(`it cannot be read: ${error.message.slice(0, 300)}`);
    throw error;
  }
}

/** A step may have put a link in the place of the folder that was made for it. */
const isRealFolder = (folder: string): boolean =>
  [folder, dirname(folder)].every((path) => lookIfThere(path)?.is === "folder");

function describeKind(kind: KindSpec): string {
  switch (kind.kind) {
    case "dataset":
      return `a ${kind.format} file with the columns ${Object.keys(kind.columns).join(", ")}`;
    case "model":
      return `a folder with an MLmodel file of flavor ${
        kind.flavors.join(", ")
      }, as MLflow's save_model does`;
    case "file":
      return "a file or a folder";
  }
}
