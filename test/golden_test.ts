/**
 * The formats that others may keep or read, against files of them: docs/formats.md tells what they hold.
 *
 * `UPDATE_GOLDEN=1 deno task test test/golden_test.ts` writes the files anew. A difference is a change of a format:
 * its version is raised, and CHANGELOG.md says so.
 */
import assert from "node:assert/strict";
import { canonicalJson } from "../src/core/canonical_json.ts";
import { SluiceError, unwrap } from "../src/core/error.ts";
import { Plan, planVersion } from "../src/core/plan.ts";
import { lockVersion, printLock, readLock } from "../src/environments/lock_file.ts";
import { plan } from "../src/plan/plan.ts";
import { resolveArguments } from "../src/plan/resolve_arguments.ts";
import { answerAll, trainingPipeline } from "../src/plan/test_pipeline.ts";
import { readLogLines } from "../src/scheduler/follow_log.ts";
import { golden } from "./golden.ts";

Deno.test("a plan is the same bytes as the golden one", async () => {
  const definition = trainingPipeline();
  const parameters = { alpha: "0.1", "preprocess.seed": "3" };
  const request = unwrap(
    resolveArguments(definition, { entryPoint: "main", parameters, isText: true }, "/project"),
  );
  const made = unwrap(plan(definition, request, answerAll(definition, request)));
  await golden("plan.json", `${canonicalJson(made)}\n`);
  assert.equal(Plan.parse(JSON.parse(canonicalJson(made))).version, planVersion);
});

Deno.test("a plan of a newer version is no plan to us", async () => {
  const newer = { ...JSON.parse(await golden("plan.json")), version: planVersion + 1 };
  assert.equal(Plan.safeParse(newer).success, false);
});

for (const name of ["sluice.lock", "conda.lock"]) {
  Deno.test(`the golden ${name} is read and written as the same bytes`, async () => {
    const text = await golden(name);
    assert.equal(printLock(readLock(text, name)), text);
  });
}

Deno.test("a lock of a newer version is refused", async () => {
  const newer = (await golden("conda.lock")).replace(
    `"version": ${lockVersion}`,
    `"version": ${lockVersion + 1}`,
  );
  assert.throws(
    () => readLock(newer, "sluice.lock"),
    (error) => error instanceof SluiceError && error.failure.code === "FORMAT_NEWER",
  );
});

Deno.test("each line of the golden SLUICE_LOG logs what it says", async () => {
  const lines = (await golden("log.jsonl")).trimEnd().split("\n");
  assert.deepEqual(readLogLines(lines, 1000), {
    metrics: [
      { key: "loss", value: 0.3, step: 7, timestamp: 1000 },
      { key: "loss", value: 0.25, step: 8, timestamp: 1764000000000 },
      { key: "accuracy", value: 0.9, step: 0, timestamp: 1000 },
      { key: "perplexity", value: Infinity, step: 0, timestamp: 1000 },
    ],
    parameters: [{ key: "depth", value: "3" }, { key: "shuffle", value: "true" }],
    tags: [{ key: "note", value: "a second try" }],
    progress: 0.5,
    unread: [],
  });
});
