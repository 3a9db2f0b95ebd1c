/** The source files of a command step: what the folder it runs in holds, as far as it counts. */
import { join, relative, sep } from "node:path";
import type { Digest } from "../core/digest.ts";
import { refuse } from "../core/error.ts";
import {
  digestFile,
  digestLines,
  digestTree,
  readFolder,
  treeLine,
  UnsupportedEntry,
} from "../core/file_tree.ts";

/** Never sources, wherever they lie: what runs leave behind, and what only tools read. */
const neverSources = new Set([
  ".git",
  ".sluice",
  "mlruns",
  "sluice.lock",
  "node_modules",
  "__pycache__",
  ".venv",
]);
const isDatabase = (name: string) => /^mlflow\.db(-wal|-shm|-journal)?$/.test(name);

/**
 * The digest of `only` (paths relative to `folder`), else of every file in `folder` that git would not ignore, by the
 * `.gitignore` files in it; `modules` are left out. Links count as the text they hold and are not followed. What
 * cannot be read counts as its name, and what others remove meanwhile does not count.
 */
export async function digestSources(
  folder: string,
  only: readonly string[] | undefined,
  modules: readonly string[],
): Promise<Digest> {
  const lines = only === undefined
    ? await digestFolder(folder, new Set(modules))
    : await Promise.all(only.map((path) => digestNamed(folder, path)));
  return digestLines(lines);
}

async function digestNamed(folder: string, path: string): Promise<string> {
  try {
    return treeLine((await digestTree(join(folder, path))).digest, path);
  } catch (error) {
    const cannot = `Cannot read the source \`${path}\``;
    const hint = "Correct `sources` of the step";
    if (error instanceof UnsupportedEntry) {
      const at = `\`${join(folder, path, error.path)}\``;
      return refuse({
        code: "GIVEN_FILE_INVALID",
        message: `${cannot} as ${at} is neither a file nor a folder`,
        hint,
      });
    }
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return refuse({
      code: "GIVEN_FILE_MISSING",
      message: `${cannot} as there is no such file or folder in \`${folder}\``,
      hint,
    });
  }
}

type Ignores = (path: string, isFolder: boolean) => boolean;

async function digestFolder(root: string, modules: ReadonlySet<string>): Promise<string[]> {
  const lines: string[] = [];
  const visit = async (folder: string, ignores: readonly Ignores[], entries: Deno.DirEntry[]) => {
    const own = entries.some((entry) => entry.name === ".gitignore" && entry.isFile)
      ? [...ignores, await readIgnores(folder)]
      : ignores;
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (neverSources.has(entry.name) || isDatabase(entry.name) || modules.has(path)) continue;
      if (own.some((isIgnored) => isIgnored(path, entry.isDirectory))) continue;
      const name = relative(root, path).split(sep).join("/");
      try {
        if (entry.isDirectory) await visit(path, own, await readFolder(path));
        else if (entry.isFile) lines.push(treeLine(await digestFile(path), name));
        else if (entry.isSymlink) {
          lines.push(`link ${JSON.stringify(await Deno.readLink(path))}  ${JSON.stringify(name)}\n`);
        }
      } catch (error) {
        if (error instanceof Deno.errors.PermissionDenied) {
          lines.push(`unreadable  ${JSON.stringify(name)}\n`);
        } else if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  };
  await visit(root, [], await readFolder(root));
  return lines;
}

async function readIgnores(folder: string): Promise<Ignores> {
  const { default: ignore } = await import("ignore");
  const rules = ignore().add(await readIfThere(join(folder, ".gitignore")));
  return (path, isFolder) => {
    const name = relative(folder, path).split(sep).join("/");
    return rules.ignores(isFolder ? `${name}/` : name);
  };
}

/** Empty where it cannot be read, or was removed meanwhile. */
async function readIfThere(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return "";
    throw error;
  }
}
