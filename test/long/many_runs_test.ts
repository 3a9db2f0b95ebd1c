import { checkManyRuns } from "../faults/many_runs.ts";

const count = 100;

Deno.test(`${count} runs at once of four projects on one cache run each step once, and each is recorded whole`, () =>
  checkManyRuns(count));
