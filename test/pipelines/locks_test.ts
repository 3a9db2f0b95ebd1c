/** The locks that are committed beside pipelines. */
import assert from "node:assert/strict";
import { realTest } from "../real_part.ts";
import { runSluice, workingFolder } from "../run/run_project.ts";
import { root } from "../walk.ts";

for (const pipeline of ["pipelines/iris", "pipelines/flights", "examples/ci"]) {
  realTest(["uv", "python"], `${pipeline}/sluice.lock is what sluice lock would write`, async () => {
    await using folder = await workingFolder();
    const { code, stdout, stderr } = await runSluice(["lock", root + pipeline, "--check"], folder.path);
    assert.equal(code, 0, stdout + stderr);
  });
}
