import assert from "node:assert/strict";
import { openSpareTime, type ThreadTimes } from "./spare_time.ts";

const asTimes = ([ranMs, waitedMs]: readonly [number, number]): ThreadTimes => ({ ranMs, waitedMs });

for (
  const [name, before, after, restsMs] of [
    ["that had a processor to itself is followed by more", [10, 3], [30, 4], 0],
    ["that waited as long as it ran is followed by fifty times as much rest", [10, 3], [30, 23], 1000],
    ["of which nothing is known is followed by more", undefined, undefined, 0],
  ] as const
) {
  Deno.test(`work in spare time ${name}`, async () => {
    const times = [before, after].map((each) => each && asTimes(each));
    let now = 500;
    const spare = openSpareTime(() => now, () => times.shift());
    assert.ok(spare.isThere());
    assert.equal(await spare.take(() => Promise.resolve()), restsMs === 0);
    assert.equal(spare.isThere(), restsMs === 0);
    now += restsMs - 1;
    assert.equal(spare.isThere(), restsMs === 0);
    now += 1;
    assert.ok(spare.isThere());
  });
}
