/** The folder that all of a verification lies in, and what killed ones left. */
import { join } from "node:path";
import { makeFolder } from "../core/file_tree.ts";
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
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    // A step, or an environment's installer, may have closed its folders to writing.
    if (!(error instanceof Deno.errors.PermissionDenied)) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    await openFolders(path);
    await Deno.remove(path, { recursive: true });
  }
}

async function openFolders(folder: string): Promise<void> {
  await Deno.chmod(folder, 0o700);
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) await openFolders(join(folder, entry.name));
  }
}
