/** Folders that are filled once, for all who ask: whole under their names, or not there. */
import { dirname, join } from "node:path";
import { makeFolder } from "../core/file_tree.ts";
import { isThere } from "../core/is_there.ts";
import { removeTree } from "../core/remove_tree.ts";

/** Nothing where `folder` is there; `fill` is given an empty one, which gets its name when that is done. */
export async function fillOnce(folder: string, fill: (part: string) => Promise<void>): Promise<void> {
  if (await isThere(folder)) return;
  const part = join(dirname(folder), `.part-${crypto.randomUUID()}`);
  makeFolder(part);
  try {
    await fill(part);
    await Deno.rename(part, folder).catch(async (error) => {
      // Another process has filled it meanwhile.
      if (!await isThere(folder)) throw error;
    });
  } finally {
    await removeTree(part).catch(() => {});
  }
}
