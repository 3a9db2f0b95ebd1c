import assert from "node:assert/strict";
import fc from "fast-check";
import { LogLine } from "../core/run.ts";
import { followLog, type LogContent, readLogLines } from "./follow_log.ts";

Deno.test("readLogLines() sorts metrics, parameters, tags, progress, and what says nothing known", () => {
  const content = readLogLines([
    '{"metric": "loss", "value": 0.3, "step": 7}',
    '{"metric": "loss", "value": "NaN", "timestamp": 5}',
    '{"param": "depth", "value": 3}',
    '{"tag": "note", "value": "x"}',
    '{"progress": 0.5}',
    "not json",
    '{"metric": "", "value": 1}',
    '{"metric": "loss", "value": "high"}',
    "null",
  ], 99);
  assert.deepEqual(content, {
    metrics: [
      { key: "loss", value: 0.3, step: 7, timestamp: 99 },
      { key: "loss", value: NaN, step: 0, timestamp: 5 },
    ],
    parameters: [{ key: "depth", value: "3" }],
    tags: [{ key: "note", value: "x" }],
    progress: 0.5,
    unread: ["not json", '{"metric": "", "value": 1}', '{"metric": "loss", "value": "high"}', "null"],
  });
});

Deno.test("readLogLines() never throws", () => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.string(), fc.json())), (lines) => void readLogLines(lines, 0)));
});

Deno.test("readLogLines() takes as points what the schema takes as points, and reads them as it does", () => {
  const some = (...values: unknown[]) =>
    fc.oneof(...values.map(fc.constant), fc.double(), fc.integer(), fc.string(), fc.json().map(JSON.parse));
  const line = fc.record({
    metric: some("loss", "", "k".repeat(250), "k".repeat(251)),
    value: some("NaN", "Infinity", 0, null, "0.5"),
    step: some(3, -3, 0.5, 2 ** 53, null),
    timestamp: some(0, 1.5, 2 ** 60, null),
    param: some("depth"),
  }, { requiredKeys: [] });
  fc.assert(
    fc.property(line, (line) => {
      const text = JSON.stringify(line);
      const known = LogLine.safeParse(JSON.parse(text)).data;
      const expected = known !== undefined && "metric" in known
        ? [{
          key: known.metric,
          value: Number(known.value),
          step: known.step,
          timestamp: known.timestamp ?? 7,
        }]
        : [];
      assert.deepEqual(readLogLines([text], 7).metrics, expected);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("followLog() gives lines while they are written, each once, also a last one without its end", async () => {
  const path = await Deno.makeTempFile();
  const seen: LogContent[] = [];
  const following = followLog(path, () => 1, (content) => Promise.resolve(void seen.push(content)));
  await Deno.writeTextFile(path, '{"metric": "a", "value": 1}\n{"metric"', { append: true });
  while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await Deno.writeTextFile(path, ': "b", "value": 2}\n{"metric": "ç", "value": 3}', { append: true });
  await following.stop();
  assert.deepEqual(seen.flatMap(({ metrics }) => metrics.map(({ key, value }) => [key, value])), [["a", 1], [
    "b",
    2,
  ], ["ç", 3]]);
  await Deno.remove(path);
});

Deno.test("followLog() does not follow a link that a step puts in the file's place", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/secret`, '{"metric": "a", "value": 1}\n');
  await Deno.symlink(`${folder}/secret`, `${folder}/log`);
  const following = followLog(`${folder}/log`, () => 1, () => assert.fail("read"));
  await following.stop();
  await Deno.remove(folder, { recursive: true });
});

async function readAll(write: (path: string) => Promise<void>): Promise<LogContent[]> {
  const path = await Deno.makeTempFile();
  const seen: LogContent[] = [];
  const following = followLog(path, () => 1, (content) => Promise.resolve(void seen.push(content)));
  await write(path);
  await following.stop();
  await Deno.remove(path, { recursive: true });
  return seen;
}

Deno.test("followLog() reads on after a line of many megabytes, and keeps no more than a piece of it", async () => {
  const seen = await readAll(async (path) => {
    const line = '{"metric": "a", "value": 1}\n';
    await Deno.writeTextFile(path, `${line}${"x".repeat(5_000_000)}\n${line}${"y".repeat(3_000_000)}`);
  });
  assert.equal(seen.flatMap(({ metrics }) => metrics).length, 2);
  const unread = seen.flatMap(({ unread }) => unread);
  assert.equal(unread.length, 2);
  assert.ok(unread.every((line) => line.length < 2.1e6 && /^(x+|y+)$/.test(line)));
});

Deno.test("followLog() begins again when the file is written anew", async () => {
  const seen = await readAll(async (path) => {
    await Deno.writeTextFile(path, `{"metric": "a", "value": 1}\n${" ".repeat(50)}\n`);
    await new Promise((resolve) => setTimeout(resolve, 250));
    await Deno.writeTextFile(path, '{"metric": "b", "value": 2}\n');
  });
  assert.deepEqual(seen.flatMap(({ metrics }) => metrics.map(({ key }) => key)), ["a", "b"]);
});

Deno.test("followLog() reads nothing from a folder put in the file's place", async () => {
  const seen = await readAll(async (path) => {
    await Deno.remove(path);
    await Deno.mkdir(path);
  });
  assert.deepEqual(seen, []);
});

Deno.test("followLog() leaves a log alone while there is no spare time, and reads all of it at its end", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, '{"metric": "a", "value": 1}\n'.repeat(100_000));
  let taken = 0;
  let isThere = true;
  const following = followLog(
    path,
    () => 1,
    ({ metrics }) => Promise.resolve(void (taken += metrics.length)),
    {
      isThere: () => isThere,
      async take(work) {
        await work();
        isThere = false;
        return false;
      },
    },
  );
  await new Promise((resolve) => setTimeout(resolve, 350));
  assert.ok(taken > 0 && taken < 10_000, `${taken} were taken`);
  await following.stop();
  assert.equal(taken, 100_000);
  await Deno.remove(path);
});
