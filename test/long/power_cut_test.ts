/** The power is cut after every call of three runs of a pipeline, with every way to lose what was not safe. */
import assert from "node:assert/strict";
import { makeBuild, rowBeforeFile, runBeforeOwner, syncFull, syncOff } from "../faults/power/builds.ts";
import { cutPower } from "../faults/power/cut.ts";
import { recordRuns } from "../faults/power/recording.ts";
import type { Loss } from "../faults/power/remains.ts";
import { realTest } from "../real_part.ts";

const ways: readonly Loss["leaves"][] = ["nothing", "names", "sizes", "bytes", "torn", "scattered"];

for (const isJournalled of [false, true]) {
  const disk = isJournalled ? "a journalled disk" : "a disk that keeps no more than POSIX promises";
  realTest(
    ["strace", "bubblewrap"],
    `whatever was said to be done is on ${disk} after a power cut`,
    async () => {
      await using recording = await recordRuns();
      const report = await cutPower(recording, { losses: ways, isJournalled, runs: 0.02 });
      console.log(`${disk}: ${JSON.stringify({ ...report, faults: report.faults.length })}`);
      assert.deepEqual(report.faults, []);
      assert.equal(report.forgotten, 0, "what was kept is kept");
    },
  );
}

for (const build of [syncOff, syncFull, rowBeforeFile, runBeforeOwner]) {
  realTest(
    ["strace", "bubblewrap"],
    `a power cut shows what is wrong with a sluice that ${build.name}`,
    async () => {
      await using broken = await makeBuild(build);
      await using recording = await recordRuns(broken.path);
      const { cases, trees, faults } = await cutPower(recording, { losses: ways, share: 0.1 });
      console.log(`${build.name}: ${cases} cases, ${trees} trees\n  ${faults.join("\n  ")}`);
      assert.ok(faults.some((fault) => build.finds.test(fault)), faults.join("\n"));
    },
  );
}
