/** Writes the module that an imported project became, and what Deno needs to find sluice. */
import { basename, dirname, join } from "node:path";
import { writeAtomically } from "../core/atomic_write.ts";
import { refuse } from "../core/error.ts";
import { findLook } from "../core/look.ts";
import { showValue } from "../core/parameter.ts";
import { removeTree } from "../core/remove_tree.ts";
import { isSystemError } from "../core/system_error.ts";
import { copyFolder, type LocateOptions } from "./locate_project.ts";

export interface WrittenImport {
  /** Whether a file that is there is written over. */
  readonly isForced: boolean;
  /** The text of a deno.json that finds sluice, for where there is none. */
  readonly settings: string;
}

/** Beside the project's files. Throws FOLDER_NOT_EMPTY and FOLDER_NOT_WRITABLE; then nothing is written. */
export async function writeImported(
  path: string,
  text: string,
  { isForced, settings }: WrittenImport,
  options: LocateOptions,
): Promise<string[]> {
  if (!isForced && findLook(path) !== undefined) refuseThere(path);
  const folder = dirname(path);
  const formatted = await format(text, folder, options);
  return await unlessNotWritable(folder, async () => {
    await writeAtomically(path, formatted);
    if (hasSettings(folder)) return [path];
    const settingsPath = join(folder, "deno.json");
    await writeAtomically(settingsPath, settings);
    return [path, settingsPath];
  });
}

/** With a copy of `folder`, into a folder that is new or empty. Throws as `writeImported`. */
export async function writeImportedCopy(
  folder: string,
  path: string,
  text: string,
  { settings }: WrittenImport,
  options: LocateOptions,
): Promise<string[]> {
  const target = dirname(path);
  const names = await Array.fromAsync(Deno.readDir(target), ({ name }) => name).catch(() => []);
  const [first] = names.sort();
  if (first !== undefined) {
    refuse({
      code: "FOLDER_NOT_EMPTY",
      message: `Cannot import into \`${showValue(target)}\` as it holds \`${showValue(first)}\``,
      hint: "The project's files are copied there: name a new folder, as in `-o NEW/pipeline.ts`",
    });
  }
  return await unlessNotWritable(target, async () => {
    await Deno.mkdir(dirname(target), { recursive: true });
    const part = join(dirname(target), `.${basename(target)}.${crypto.randomUUID()}`);
    await Deno.mkdir(part);
    try {
      await copyFolder(folder, part, options);
      await removeTree(join(part, ".git")).catch(() => {});
      const name = basename(path);
      if (findLook(join(part, name)) !== undefined) refuseThere(join(folder, name));
      const written = [name];
      await Deno.writeTextFile(join(part, name), await format(text, part, options));
      if (!hasSettings(part)) {
        await Deno.writeTextFile(join(part, "deno.json"), settings);
        written.push("deno.json");
      }
      await Deno.remove(target).catch(() => {});
      await Deno.rename(part, target);
      return written.map((each) => join(target, each));
    } catch (error) {
      await removeTree(part).catch(() => {});
      throw error;
    }
  });
}

/** As `deno fmt` leaves it in that folder, whose own settings count. */
async function format(text: string, folder: string, { variables, signal }: LocateOptions): Promise<string> {
  const { runProgram } = await import("../environments/run_program.ts");
  for (const config of [[], ["--no-config"]]) {
    const { code, stdout } = await runProgram({
      program: Deno.execPath(),
      arguments: ["fmt", "--quiet", ...config, "--ext", "ts", "-"],
      variables,
      folder,
      stdin: text,
      signal,
    });
    if (code === 0) return stdout;
  }
  throw new Error("deno fmt cannot read the module");
}

/** Whether Deno finds settings for the folder: its own, or those of one above. */
function hasSettings(folder: string): boolean {
  for (let at = folder;; at = dirname(at)) {
    if (["deno.json", "deno.jsonc"].some((name) => findLook(join(at, name)) !== undefined)) return true;
    if (at === dirname(at)) return false;
  }
}

function refuseThere(path: string): never {
  return refuse({
    code: "FOLDER_NOT_EMPTY",
    message: `Cannot write \`${showValue(path)}\` as it is there already`,
    hint: "Name another file, as in `-o imported.ts`, or write over it with `--force`",
  });
}

async function unlessNotWritable<T>(folder: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return refuse({
      code: "FOLDER_NOT_WRITABLE",
      message: `Cannot write to \`${showValue(folder)}\`: ${error.message}`,
      hint: "Name a file in a folder of your own, as in `-o NEW/pipeline.ts`",
    });
  }
}
