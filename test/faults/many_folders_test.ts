import { checkRefused, checkTaken, refused, taken } from "./many_folders.ts";

/** Enough to overflow a stack. */
const deep = 30_000;
const wide = 5000;

for (const [where, script] of Object.entries(refused)) {
  Deno.test(`${deep} folders ${where} are refused as an output, and nothing of them is left`, () =>
    checkRefused(script(deep)));
}
for (const [where, script] of Object.entries(taken)) {
  Deno.test(`${wide} folders ${where} are taken, kept, and made again from what is kept`, async () => {
    await checkTaken(script(wide));
  });
}
