import assert from "node:assert/strict";
import { assignFolds } from "./assign_folds.ts";
import { meanAndSpread } from "./mean_and_spread.ts";

const sizes = Array.from({ length: 365 }, (_, day) => 700 + (day * 37) % 300);

Deno.test("assignFolds() gives the same folds for the same seed and others for another", () => {
  assert.deepEqual(assignFolds(sizes, 5, 3), assignFolds(sizes, 5, 3));
  assert.notDeepEqual(assignFolds(sizes, 5, 3), assignFolds(sizes, 5, 4));
});

Deno.test("assignFolds() makes folds of about the same size", () => {
  for (const count of [2, 5, 20]) {
    const totals = new Array<number>(count).fill(0);
    assignFolds(sizes, count, 0).forEach((fold, day) => totals[fold]! += sizes[day]!);
    assert.ok(Math.max(...totals) - Math.min(...totals) <= Math.max(...sizes), `${totals}`);
  }
});

Deno.test("meanAndSpread() is the mean and the sample standard deviation", () => {
  assert.deepEqual(meanAndSpread([2, 4, 4, 6]), { mean: 4, spread: Math.sqrt(8 / 3) });
});
