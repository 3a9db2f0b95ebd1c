import { checkDamagedCaches } from "../faults/damaged_cache.ts";

const cases = 10_000;

Deno.test(`${cases} stores damaged at random: what is found and restored is what was made, or nothing is`, async () => {
  const { right, missed, refused } = await checkDamagedCaches(0, cases);
  console.log(`${right} answers right, ${missed} missed, ${refused} refused, none wrong`);
});
