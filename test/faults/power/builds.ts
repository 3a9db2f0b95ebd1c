/** Builds of sluice that are broken on purpose, each in one line: what cannot tell them from this one proves nothing. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface BrokenBuild {
  readonly name: string;
  /** From the root of this repository. */
  readonly file: string;
  readonly line: string;
  readonly broken: string;
  /** Of a fault that it must have. */
  readonly finds: RegExp;
}

export const syncOff: BrokenBuild = {
  name: "does not force its commits to disk",
  file: "src/tracker/sqlite_database.ts",
  line: '"PRAGMA synchronous = EXTRA"',
  broken: '"PRAGMA synchronous = OFF"',
  finds: /is not intact|is gone|is RUNNING|not FINISHED/,
};
export const syncFull: BrokenBuild = {
  ...syncOff,
  name: "leaves it open whether the journal of a commit is gone",
  broken: '"PRAGMA synchronous = FULL"',
  finds: /had ended, is RUNNING|not FINISHED/,
};
export const rowBeforeFile: BrokenBuild = {
  name: "records a step as finished before its outputs are on disk",
  file: "src/tracker/local_artifacts.ts",
  line: "await secureNames(root, targets, targets, secured, forceTogether);",
  broken: "setTimeout(() => secureNames(root, targets, targets, secured, forceTogether), 300);",
  finds: /output \w+ of step \w+, whose run is FINISHED, is lost/,
};
export const runBeforeOwner: BrokenBuild = {
  name: "records a run before its owner's file is on disk",
  file: "src/compose/run_owner.ts",
  line: "await onFile(path, () => forceToDisk([path], [folder, workspace, dirname(workspace)]));",
  broken: "",
  finds: /left as RUNNING by the next start/,
};

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** This tree with the one line changed, in a folder that goes when its scope is left. */
export async function makeBuild({ file, line, broken }: BrokenBuild) {
  const path = await Deno.makeTempDir({ prefix: "sluice-broken-" });
  for (const name of ["deno.json", "deno.lock", "mod.ts", "testing.ts"]) {
    await Deno.copyFile(join(root, name), join(path, name));
  }
  await copyFolder(join(root, "src"), join(path, "src"));
  const text = await Deno.readTextFile(join(path, file));
  assert.equal(text.split(line).length, 2, `\`${file}\` has the line once: ${line}`);
  await Deno.writeTextFile(join(path, file), text.replace(line, () => broken));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(join(from, name), join(to, name));
    else if (!name.endsWith("_test.ts")) await Deno.copyFile(join(from, name), join(to, name));
  }
}
