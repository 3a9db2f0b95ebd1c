import assert from "node:assert/strict";
import { type Question, questionKey } from "../plan/observation.ts";
import { observeWorld } from "./observe_world.ts";

Deno.test("observeWorld() answers what the system refuses with a failure that names the file", async () => {
  const question: Question = { is: "sources", folder: "/no/such/folder", modules: [] };
  const { observations } = await observeWorld([question], {
    environments: {
      observe: () => assert.fail("asked for an environment"),
      prepare: () => assert.fail("asked for an environment"),
      contents: () => assert.fail("asked for an environment"),
      warm: () => assert.fail("asked for an environment"),
    },
    digests: { digest: () => assert.fail("asked for a digest"), close: () => Promise.resolve() },
    sandbox: {
      hold: () => assert.fail("asked for a sandbox"),
      confine: () => assert.fail("asked for a sandbox"),
      openProxy: () => assert.fail("asked for a sandbox"),
    },
    variables: {},
    openTracker: () => assert.fail("asked for a tracker"),
  });
  const answer = observations.get(questionKey(question))!;
  assert.ok(!answer.ok && answer.failure.code === "GIVEN_FILE_INVALID");
  assert.match(answer.failure.message, /os error 2.*\/no\/such\/folder/);
});
