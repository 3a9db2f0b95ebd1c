import { checkManyRuns } from "./many_runs.ts";

const count = 20;

Deno.test(`${count} runs at once of four projects on one cache run each step once, and each is recorded whole`, () =>
  checkManyRuns(count));
