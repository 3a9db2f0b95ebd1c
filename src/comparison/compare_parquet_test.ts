import assert from "node:assert/strict";
import { join } from "node:path";
import { compareOutputs } from "./compare_outputs.ts";

const samples = join(import.meta.dirname!, "../../test/fuzz/samples");

Deno.test("a parquet file with a byte spoilt is told apart, and no read of it outlives the comparison", async () => {
  const [folder, sample] = [await Deno.makeTempDir(), join(samples, "none.parquet")];
  const late: unknown[] = [];
  const onLate = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    late.push(event.reason);
  };
  addEventListener("unhandledrejection", onLate);
  try {
    for (const at of [1441, 1442]) {
      const spoilt = Deno.readFileSync(sample);
      spoilt[at]! ^= 1;
      await Deno.writeFile(join(folder, "a.parquet"), spoilt);
      const { is } = await compareOutputs(sample, join(folder, "a.parquet"), { kind: "file" });
      assert.equal(is, "different");
      await new Promise((done) => setTimeout(done, 10));
    }
    assert.deepEqual(late, []);
  } finally {
    removeEventListener("unhandledrejection", onLate);
    await Deno.remove(folder, { recursive: true });
  }
});
