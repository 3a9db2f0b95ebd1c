import assert from "node:assert/strict";
import { join } from "node:path";
import { openSqliteTracker } from "../../../src/tracker/sqlite_tracker.ts";

Deno.test("after kill -9 all that was said to be logged is there, whole, and the file opens", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "mlflow.db");
  for (let round = 0; round < 3; round++) {
    const writer = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", join(import.meta.dirname!, "tracker_writer.ts"), path],
      stdout: "piped",
    }).spawn();
    const lines = await linesUntil(writer.stdout, 20 + round * 7, () => writer.kill("SIGKILL"));
    await writer.status;
    const [id, ...steps] = lines;
    const tracker = await openSqliteTracker(path, { create: false, clock: Date.now });
    const run = await tracker.getRun(id!);
    const logged = run.metrics[0]!.value;
    assert.ok(logged >= Number(steps.at(-1)), `${logged} was logged, ${steps.at(-1)} was said`);
    assert.equal(run.tags.find(({ key }) => key === "step")?.value, String(logged));
    assert.equal((await tracker.getMetricHistory(id!, "m")).items.length, logged + 1);
    await tracker.updateRun(id!, { status: "KILLED", endedAt: 2 });
    await tracker.close();
  }
  assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), ["mlflow.db"]);
  await Deno.remove(folder, { recursive: true });
});

/** All complete lines of the stream; `enough` is called when there are `count`. */
async function linesUntil(
  stream: ReadableStream<Uint8Array>,
  count: number,
  enough: () => void,
): Promise<string[]> {
  let text = "";
  let isEnough = false;
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (!isEnough && text.split("\n").length > count) {
      isEnough = true;
      enough();
    }
  }
  return text.split("\n").slice(0, -1);
}
