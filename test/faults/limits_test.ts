import assert from "node:assert/strict";
import { realTest } from "../real_part.ts";
import { makeBed } from "./fault_bed.ts";
import { readOriginals } from "./judge_fault.ts";
import { type Limit, tryLimit } from "./limits.ts";

/** With 40 files more every run goes well. */
const limits: readonly Limit[] = [
  { files: 3 },
  { files: 7 },
  { files: 11 },
  { files: 15 },
  { files: 40 },
  { fileBytes: 200_000 },
  { fileBytes: 500_000 },
];

realTest(
  ["prlimit", "bubblewrap"],
  "over its limits of open files and of a file's size a run says so, spoils nothing, and the next one goes on",
  async () => {
    const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-faults-" }));
    const bed = await makeBed(root, false);
    const before = readOriginals(bed);
    for (const limit of limits) {
      const { code, flaws, stderr } = await tryLimit(bed, before, limit);
      assert.deepEqual(flaws, [], `${JSON.stringify(limit)}:\n${stderr}`);
      if ("files" in limit && limit.files === 40) assert.equal(code, 0, stderr);
    }
    await Deno.remove(root, { recursive: true });
  },
);
