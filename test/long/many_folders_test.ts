import { checkRefused, checkTaken, refused, taken } from "../faults/many_folders.ts";

const count = 100_000;

for (const [where, script] of Object.entries(refused)) {
  Deno.test(`${count} folders ${where} are refused as an output, and nothing of them is left`, () =>
    checkRefused(script(count)));
}
for (const [where, script] of Object.entries(taken)) {
  Deno.test(`${count} folders ${where} are taken, kept, and made again from what is kept`, async () => {
    const [run, found, made] = await checkTaken(script(count));
    console.log(`run in ${run} ms, found in place in ${found} ms, made again in ${made} ms`);
  });
}
