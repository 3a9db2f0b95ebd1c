import assert from "node:assert/strict";
import { runStep } from "sluice/testing";
import { clean, fit } from "./pipeline.ts";

Deno.test("a house that is too large is left out, and the others are kept as they are", async () => {
  await using made = await runStep(clean, {
    params: { largest: 200 },
    inputs: { houses: "fixtures/houses.csv" },
  });
  assert.equal(made.metrics.dropped, 1);
  assert.equal(await Deno.readTextFile(made.outputs.kept), "area,price\n50,110\n70,150\n100,210\n");
  assert.equal(made.log, "kept 3 of 4\n");
});

Deno.test("clean fails when no house is left, and says so", async () => {
  await assert.rejects(
    runStep(clean, { params: { largest: 1 }, inputs: { houses: "fixtures/houses.csv" } }),
    /no house of 4 has at most 1 square metres/,
  );
});

Deno.test("the line is found, and the loss falls", async () => {
  await using made = await runStep(fit, {
    params: { rounds: 1000 },
    inputs: { houses: ["fixtures/more.csv"] },
  });
  const { slope } = JSON.parse(await Deno.readTextFile(made.outputs.line));
  assert.ok(Math.abs(slope - 2) < 0.1, `slope ${slope}`);
  const losses = made.logged.metrics["loss"]!.map(({ value }) => value);
  assert.equal(losses.length, 1001);
  assert.ok(losses.at(-1)! < losses[0]!);
  assert.equal(made.logged.tags["points"], "2");
});
