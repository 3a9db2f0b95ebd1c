import assert from "node:assert/strict";
import { openSteadyClock } from "./steady_clock.ts";

for (
  const [name, clock, told] of [
    ["tells the machine's time", [1000, 1010, 1050], [1000, 1010, 1050]],
    ["follows it ahead", [1000, 9_000_000, 9_000_010], [1000, 9_000_000, 9_000_010]],
    ["goes on when it is set back", [9000, 1000, 1010, 1020], [9000, 9010, 9020, 9030]],
    ["goes on when it is set back twice", [9000, 1000, 1010, 500, 520], [9000, 9010, 9020, 9030, 9040]],
    ["follows it ahead again", [9000, 1000, 50_000], [9000, 9010, 50_000]],
  ] as const
) {
  Deno.test(`a steady clock ${name}`, () => {
    const times = [...clock];
    let tick = 0;
    const steady = openSteadyClock(() => times.shift()!, () => tick += 10);
    assert.deepEqual(clock.map(() => steady()), told);
  });
}
