/** The folder that all of a verification lies in, and what killed ones left. */
import { join } from "node:path";
import { makeFolder } from "../core/file_tree.ts";
import { removeTree } from "../core/remove_tree.ts";
import { killLeftovers } from "./leftover_processes.ts";

export interface VerifyFolder {
  readonly path: string;
  /** Ends what still runs in it and removes it. */
  remove(): Promise<void>;
}

/** Held alone by the process that verifies; the kernel lets go of it, however that ends. */
const ownerName = "owner";

/** A new folder in the user's cache, where environments can share files with their installer's own cache. */
export async function makeVerifyFolder(cache: string): Promise<VerifyFolder> {
  const all = join(cache, "verify");
  makeFolder(all);
  await removeLeftovers(all);
  const path = await Deno.realPath(await Deno.makeTempDir({ dir: all, prefix: "" }));
  // Locked before it has its name, or another start might take the folder for a dead one's in between.
  const unlocked = join(path, `.${ownerName}`);
  const owner = Deno.openSync(unlocked, { create: true, write: true });
  owner.lockSync(true);
  Deno.renameSync(unlocked, join(path, ownerName));
  return {
    path,
    async remove() {
      await removeFolder(path);
      owner.close();
    },
  };
}

async function removeLeftovers(all: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(all)) {
    if (!isDirectory) continue;
    const path = join(all, name);
    const owner = await Deno.open(join(path, ownerName), { write: true }).catch(() => undefined);
    if (owner === undefined) continue;
    if (await owner.tryLock(true)) await removeFolder(path);
    owner.close();
  }
}

async function removeFolder(path: string): Promise<void> {
  killLeftovers(path);
  try {
    await removeTree(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
