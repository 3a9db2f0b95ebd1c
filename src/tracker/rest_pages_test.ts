import assert from "node:assert/strict";
import { SluiceError } from "../core/error.ts";
import { openRestTracker } from "./rest_tracker.ts";

/** A server that gives `bodies` one after another, the last one again and again. */
function serverOf(...bodies: readonly unknown[]) {
  let asked = 0;
  return openRestTracker("http://tracker.example", {
    clock: () => 0,
    fetch: () => Promise.resolve(Response.json(bodies[Math.min(asked++, bodies.length - 1)])),
  });
}

const isRefused = (error: unknown) =>
  error instanceof SluiceError && error.failure.code === "TRACKER_REFUSED";
const experiment = (id: string) => ({ experiment_id: id, name: id });
const search = { experimentIds: ["1"], limit: 10 };

Deno.test("pages are read to the last one", async () => {
  const server = serverOf(
    { experiments: [experiment("1")], next_page_token: "a" },
    { experiments: [experiment("2")], next_page_token: "b" },
    { experiments: [experiment("3")], next_page_token: "" },
  );
  assert.deepEqual((await server.listExperiments()).map(({ id }) => id), ["1", "2", "3"]);
});

Deno.test("a server that gives the same page again and again is refused", async () => {
  await assert.rejects(serverOf({ experiments: [], next_page_token: "a" }).listExperiments(), isRefused);
  await assert.rejects(serverOf({ runs: [], next_page_token: "a" }).searchRuns(search), isRefused);
  const metrics = serverOf({ metrics: [], next_page_token: "a" });
  await assert.rejects(metrics.getMetricHistory("r", "m", { token: "a" }), isRefused);
});

for (const uri of ["http://%zz@host", "http://a:%@host"]) {
  Deno.test(`the address ${uri} is refused`, () => {
    assert.throws(
      () => openRestTracker(uri, { clock: () => 0 }),
      (error) => error instanceof SluiceError && error.failure.code === "TRACKER_URI_UNSUPPORTED",
    );
  });
}
