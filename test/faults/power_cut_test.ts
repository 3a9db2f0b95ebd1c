/** The power is cut at any moment of three runs of a small pipeline; `test/long/power_cut_test.ts` leaves nothing out. */
import assert from "node:assert/strict";
import { realTest } from "../real_part.ts";
import { makeBuild, rowBeforeFile, syncOff } from "./power/builds.ts";
import { cutPower } from "./power/cut.ts";
import { recordRuns } from "./power/recording.ts";
import type { Loss } from "./power/remains.ts";

const ways: readonly Loss["leaves"][] = ["nothing", "names", "sizes", "bytes", "torn", "scattered"];

realTest(
  ["strace", "bubblewrap"],
  "whatever was said to be done is there after a power cut, and nothing damaged is taken",
  async () => {
    await using recording = await recordRuns();
    const report = await cutPower(recording, { losses: ways, share: 0.01, runs: 0.02 });
    assert.deepEqual(report.faults, []);
    assert.ok(report.trees > 100 && report.runs > 0, JSON.stringify(report));
    assert.equal(report.forgotten, 0, "what was kept is kept");
  },
);

for (const build of [syncOff, rowBeforeFile]) {
  realTest(
    ["strace", "bubblewrap"],
    `a power cut shows what is wrong with a sluice that ${build.name}`,
    async () => {
      await using broken = await makeBuild(build);
      await using recording = await recordRuns(broken.path);
      const { faults } = await cutPower(recording, { losses: ["nothing"], until: build.finds });
      assert.ok(faults.some((fault) => build.finds.test(fault)), faults.join("\n"));
    },
  );
}
