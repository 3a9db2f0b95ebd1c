/** A million inputs, over all readers. */
import assert from "node:assert/strict";
import { faultText, fuzz } from "../fuzz/fuzz.ts";

const seed = Deno.env.get("FUZZ_SEED") ?? String(Date.now());

Deno.test(`a million inputs of every reader: each is read or refused, at once [seed ${seed}]`, async () => {
  const { faults, counts } = await fuzz({ seed, inputs: 1_000_000, processes: 2, niceness: 19 });
  for (const { target, cases, refused, cpuMs } of counts) {
    console.log(`${target}: ${cases} inputs, ${refused} refused, ${Math.round(cpuMs / 1000)} s`);
  }
  assert.ok(counts.reduce((sum, { cases }) => sum + cases, 0) >= 1_000_000);
  assert.ok(faults.length === 0, faults.map((fault) => faultText(fault, seed)).join("\n\n"));
});
