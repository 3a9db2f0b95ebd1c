import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { SluiceError } from "../core/error.ts";
import { openRestTracker } from "./rest_tracker.ts";

const near = openRestTracker("http://localhost:1", { clock: () => 0 });
const far = openRestTracker("http://tracker.example:5000", { clock: () => 0 });

Deno.test("paths of a server on this machine are folders of ours, there or not yet", () => {
  assert.equal(near.artifacts.localFolder("/nowhere/mlruns/1"), "/nowhere/mlruns/1");
  assert.equal(near.artifacts.localFolder("file:///nowhere/a%20b"), "/nowhere/a b");
});

Deno.test("paths of a server elsewhere are ours where the folder is here already", async () => {
  const folder = await Deno.makeTempDir();
  assert.equal(far.artifacts.localFolder(folder), folder);
  assert.equal(far.artifacts.localFolder(join(folder, "mlruns")), undefined);
  await Deno.remove(folder);
});

for (const location of ["mlflow-artifacts:/1/r/artifacts", "s3://bucket/1", "1/r", "http://x/1", ""]) {
  Deno.test(`"${location}" is no folder of ours`, () => {
    assert.equal(near.artifacts.localFolder(location), undefined);
  });
}

for (const location of ["s3://bucket/1", "/nowhere/mlruns/1", "mlflow-artifacts:x"]) {
  Deno.test(`artifacts at "${location}" of a server elsewhere are refused with what to do`, async () => {
    await assert.rejects(
      far.artifacts.list(location, ""),
      (error) => error instanceof SluiceError && error.failure.code === "TRACKER_URI_UNSUPPORTED",
    );
  });
}

Deno.test("artifacts in a folder of ours are written and read without the server", async () => {
  const folder = await Deno.makeTempDir();
  const location = pathToFileURL(join(folder, "artifacts")).href;
  await near.artifacts.write(location, "a/x.txt", new Blob(["text"]).stream());
  assert.equal(await new Response(await near.artifacts.read(location, "a/x.txt")).text(), "text");
  assert.equal(await Deno.readTextFile(join(folder, "artifacts/a/x.txt")), "text");
  await Deno.remove(folder, { recursive: true });
});

for (const answer of ["", "{", "[[]]", '{"files": ""}']) {
  Deno.test(`a server that lists artifacts as ${JSON.stringify(answer)} is refused`, async () => {
    const odd = openRestTracker("http://tracker.example", {
      clock: () => 0,
      fetch: () => Promise.resolve(new Response(answer)),
    });
    await assert.rejects(
      odd.artifacts.list("mlflow-artifacts:/1/r/artifacts", ""),
      (error) => error instanceof SluiceError && error.failure.code === "TRACKER_REFUSED",
    );
  });
}
