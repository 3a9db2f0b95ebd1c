/** A file system of a chosen size in the place of one of a bed's folders, in memory. Needs root's rights. */
import type { Bed } from "./fault_bed.ts";
import type { Originals } from "./judge_fault.ts";
import { judge } from "./try_fault.ts";

export type DiskPlace = "folder" | "cache" | "temporary";

/** What there is left of it. */
export interface Room {
  readonly kilobytes?: number;
  /** Further files and folders. */
  readonly entries?: number;
}

/** Nothing at all would be without a limit. */
const pageKilobytes = 4;
const roomy = "size=64m,nr_inodes=20k";

/** Mounted over the folder, with what lies there; `action` gives it less room, and more again. */
export async function withSmallDisk(
  bed: Bed,
  place: DiskPlace,
  action: (disk: { leave(room: Room): Promise<void>; giveBack(): Promise<void> }) => Promise<void>,
): Promise<void> {
  const at = bed[place];
  await bed.restore();
  await run("mount", "-t", "tmpfs", "-o", roomy, "tmpfs", at);
  try {
    await run("cp", "-a", `${at.replace("/now/", "/kept/")}/.`, at);
    await action({
      async leave({ kilobytes, entries }) {
        const [used, usedEntries] = (await run("df", "--output=used,iused", "-k", at)).split("\n")[1]!.trim()
          .split(/\s+/).map(Number);
        const options = [
          ...(kilobytes === undefined ? [] : [`size=${Math.max(pageKilobytes, used! + kilobytes)}k`]),
          ...(entries === undefined ? [] : [`nr_inodes=${Math.max(1, usedEntries! + entries)}`]),
        ];
        await run("mount", "-o", `remount,${options.join(",")}`, at);
      },
      giveBack: async () => void await run("mount", "-o", `remount,${roomy}`, at),
    });
  } finally {
    await run("umount", "--lazy", at);
  }
}

async function run(program: string, ...args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** A run on a disk with so much room, the room given back, and the run after it. */
export async function tryRoom(bed: Bed, before: Originals, place: DiskPlace, room: Room) {
  let tried: { code: number; stderr: string; flaws: string[] } | undefined;
  await withSmallDisk(bed, place, async ({ leave, giveBack }) => {
    await leave(room);
    const ended = await bed.runMeddled(() => Promise.resolve());
    await giveBack();
    const { code, stderr } = ended;
    tried = { code, stderr, flaws: await judge(bed, before, ended) };
  });
  return tried!;
}
