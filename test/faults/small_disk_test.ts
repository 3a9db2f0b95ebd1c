import assert from "node:assert/strict";
import { realTest } from "../real_part.ts";
import { makeBed } from "./fault_bed.ts";
import { readOriginals } from "./judge_fault.ts";
import { type DiskPlace, type Room, tryRoom } from "./small_disk.ts";

/** From nothing at all to what a run of a changed project nearly takes; of the second a third of what it takes. */
const rooms: readonly (readonly [DiskPlace, Room])[] = [
  ["folder", { kilobytes: 0 }],
  ["folder", { kilobytes: 28 }],
  ["folder", { kilobytes: 60 }],
  ["folder", { entries: 1 }],
  ["folder", { entries: 3 }],
  ["folder", { entries: 8 }],
  ["cache", { kilobytes: 0 }],
  ["cache", { entries: 2 }],
  ["temporary", { kilobytes: 0 }],
];

realTest(
  ["mount", "bubblewrap"],
  "on a full disk a run says so, spoils nothing, and goes on when there is room again",
  async () => {
    const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-faults-" }));
    const bed = await makeBed(root, false);
    const before = readOriginals(bed);
    for (const [place, room] of rooms) {
      const { code, flaws, stderr } = await tryRoom(bed, before, place, room);
      assert.deepEqual(flaws, [], `${place} with ${JSON.stringify(room)}:\n${stderr}`);
      // What only remembers is done without.
      assert.equal(code === 0, place !== "folder", stderr);
    }
    await Deno.remove(root, { recursive: true });
  },
);
