/** Every reader, and some tens of thousands of inputs; a million of them are in test/long/fuzz_test.ts. */
import assert from "node:assert/strict";
import { faultText, fuzz } from "./fuzz.ts";
import { openInputs, showInput } from "./input.ts";

/** Its own each time, and printed: what it finds can be had again. */
const seed = Deno.env.get("FUZZ_SEED") ?? String(Date.now());

Deno.test(`20,000 inputs of every reader: each is read or refused, at once [seed ${seed}]`, async () => {
  const { faults, counts } = await fuzz({ seed, inputs: 20_000 });
  assert.ok(counts.reduce((sum, { cases }) => sum + cases, 0) >= 20_000);
  assert.ok(faults.length === 0, faults.map((fault) => faultText(fault, seed)).join("\n\n"));
});

Deno.test("a fuzz run finds each reader that is broken, and names the smallest input that shows it", async () => {
  const table = import.meta.resolve("./broken_targets.ts");
  const { faults } = await fuzz({ seed: "1", inputs: 1_800, table });
  const found = new Map(faults.map((fault) => [fault.target, fault]));
  for (
    const [target, text] of [
      ["throws", /throws TypeError/],
      ["throws later", /throws Error: nobody waits/],
      ["recurses", /throws RangeError/],
      ["pollutes", /left `spoilt` on a prototype/],
      ["shows a stack", /shows a stack/],
      ["is slow", /more than a second/],
      ["hangs", /does not end/],
      ["takes memory", /of memory|ends with/],
    ] as const
  ) {
    assert.match(found.get(target)?.text ?? "", text, target);
    assert.match(found.get(target)!.input, /==/, target);
  }
  assert.equal(found.get("throws")!.input, '"=="');
  assert.equal(found.has("is right"), false);
});

Deno.test("the inputs of a seed are the same ones, the samples first", () => {
  const samples = ['{"a": [1, "x"]}', "b"];
  const [one, again, other] = ["1", "1", "2"].map((seed) => openInputs(samples, seed));
  const numbers = Array.from({ length: 200 }, (_, number) => number);
  assert.deepEqual(numbers.map(one!), numbers.map(again!));
  assert.notDeepEqual(numbers.map(one!), numbers.map(other!));
  assert.deepEqual([0, 1].map(one!), samples);
});

Deno.test("an input is shown as it would be written in a program, a long one without its middle", () => {
  assert.equal(showInput("a\0\ud800"), '"a\\u0000\\ud800"');
  assert.equal(showInput(new Uint8Array([1, 255])), 'Uint8Array.fromHex("01ff")');
  assert.match(showInput("x".repeat(10_000)), /^"x{199} … x{199}" \(10000 characters\)$/);
});
