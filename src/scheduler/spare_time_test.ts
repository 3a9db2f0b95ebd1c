import assert from "node:assert/strict";
import { openSpareTime, type ThreadTimes } from "./spare_time.ts";

const asTimes = ([ranMs, waitedMs]: readonly [number, number]): ThreadTimes => ({ ranMs, waitedMs });

for (
  const [name, before, after, isFree, restsMs] of [
    ["that had a processor to itself rests as long", [10, 3], [30, 4], true, 20],
    ["that waited as long as it ran rests fifty times as long", [10, 3], [15, 8], false, 250],
    ["rests a second at most", [10, 3], [60, 53], false, 1000],
    ["of which nothing is known does not rest", undefined, undefined, true, 0],
  ] as const
) {
  Deno.test(`work in spare time ${name}`, async () => {
    const times = [before, after].map((each) => each && asTimes(each));
    let now = 500;
    const spare = openSpareTime(() => now, () => times.shift());
    assert.ok(spare.isThere());
    assert.equal(await spare.take(() => Promise.resolve()), isFree);
    assert.equal(spare.isThere(), restsMs === 0);
    now += restsMs - 1;
    assert.equal(spare.isThere(), restsMs === 0);
    now += 1;
    assert.ok(spare.isThere());
  });
}
