import { checkDamagedCaches } from "./damaged_cache.ts";

const cases = 300;

Deno.test(`${cases} stores damaged at random: what is found and restored is what was made, or nothing is`, async () => {
  await checkDamagedCaches(0, cases);
});
