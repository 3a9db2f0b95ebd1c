/** The source files of a command step: what the folder it runs in holds, as far as it counts. */
import { join, relative, sep } from "node:path";
import { atOnce, settled, type Work } from "../core/at_once.ts";
import { refuse } from "../core/error.ts";
import { digestTree, isProgram, readFolder, UnsupportedEntry } from "../core/file_tree.ts";
import { getLook } from "../core/look.ts";
import type { FileDigests } from "../core/ports/file_digests.ts";
import { describeFile, describeLink, isNeverSource, type SourceList } from "../core/sources.ts";

/**
 * Entries of a folder below the step's own from which on files that git ignores count as well: thousands of pictures
 * cannot be shown to a step one by one for the sake of a `.DS_Store` among them.
 */
const crowdedFolder = 500;

export interface Sources {
  readonly list: SourceList;
  /** The same files as few paths, absolute: a folder stands for itself where nothing in it is left out. */
  readonly visible: readonly string[];
}

/**
 * `only` (paths relative to `folder`), else every file in `folder` that git would not ignore, by the `.gitignore`
 * files in it, which do not count with `all`; `modules` are left out. Links count as the text they hold and are not
 * followed. What cannot be read counts as its name, and what others remove meanwhile does not count.
 */
export async function listSources(
  folder: string,
  only: readonly string[] | "all" | undefined,
  modules: readonly string[],
  digests: FileDigests,
): Promise<Sources> {
  if (only === undefined || only === "all") {
    return await atOnce(listFolderSteps(folder, new Set(modules), digests, only === undefined));
  }
  const named = await Promise.all(only.map((path) => listNamed(folder, path, digests)));
  return { list: Object.assign({}, ...named), visible: only.map((path) => join(folder, path)) };
}

async function listNamed(folder: string, path: string, digests: FileDigests): Promise<SourceList> {
  try {
    const tree = await digestTree(join(folder, path), digests);
    const name = path.split(sep).join("/").replace(/\/+$/, "");
    return Object.fromEntries(
      tree.files.map((file) => [
        file.path === "" ? name : `${name}/${file.path}`,
        describeFile(file.digest, file.isProgram),
      ]),
    );
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

/** Of the path of an entry, absolute. */
type Ignores = (path: string, isFolder: boolean) => boolean | undefined;

/** The file that is nearest has the last word. */
function isIgnored(ignores: readonly Ignores[], path: string, isFolder: boolean): boolean {
  for (let index = ignores.length - 1; index >= 0; index--) {
    const said = ignores[index]!(path, isFolder);
    if (said !== undefined) return said;
  }
  return false;
}

function* listFolderSteps(
  root: string,
  modules: ReadonlySet<string>,
  digests: FileDigests,
  heedsGit: boolean,
): Work<Sources> {
  const list: Record<string, string> = {};
  /** The paths that stand for what was listed, and whether the folder alone would do. `prefix` begins its names. */
  function* visit(
    folder: string,
    prefix: string,
    ignores: readonly Ignores[],
    entries: readonly Deno.DirEntry[],
  ): Work<{ readonly visible: string[]; readonly isWhole: boolean }> {
    const own = heedsGit && entries.some((entry) => entry.name === ".gitignore" && entry.isFile)
      ? [...ignores, yield* settled(readIgnores(folder))]
      : ignores;
    const visible: string[] = [];
    let isWhole = true;
    const isCrowded = folder !== root && entries.length > crowdedFolder;
    for (const entry of entries) {
      const path = join(folder, entry.name);
      const isLeftOut = isNeverSource(entry.name) || modules.has(path) ||
        !(isCrowded && entry.isFile) && isIgnored(own, path, entry.isDirectory);
      if (isLeftOut) {
        isWhole = false;
        continue;
      }
      const name = prefix + entry.name;
      try {
        if (entry.isDirectory) {
          const forget = digests.meet?.(path);
          const inner = yield* visit(path, `${name}/`, own, readFolder(path));
          // What is added to a folder that is not shown as a whole is not shown.
          if (!inner.isWhole) forget?.();
          for (const each of inner.isWhole ? [path] : inner.visible) visible.push(each);
          isWhole &&= inner.isWhole;
        } else if (entry.isFile) {
          const look = getLook(path);
          const found = digests.digest(path, look);
          const digest = typeof found === "string" ? found : yield* settled(found);
          list[name] = describeFile(digest, isProgram(look));
          visible.push(path);
          yield;
        } else if (entry.isSymlink) {
          digests.meet?.(path);
          list[name] = describeLink(Deno.readLinkSync(path));
          visible.push(path);
        } else isWhole = false;
      } catch (error) {
        if (error instanceof Deno.errors.PermissionDenied) list[name] = "unreadable";
        else if (!(error instanceof Deno.errors.NotFound)) throw error;
        isWhole = false;
      }
    }
    return { visible, isWhole };
  }
  const { visible } = yield* visit(root, "", [], readFolder(root));
  return { list, visible };
}

async function readIgnores(folder: string): Promise<Ignores> {
  const { readIgnoreRules } = await import("./ignore_rules.ts");
  const rules = readIgnoreRules(await readIfThere(join(folder, ".gitignore")));
  return (path, isFolder) => rules(relative(folder, path).split(sep).join("/"), isFolder);
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
