import assert from "node:assert/strict";
import { readRuns } from "../run/run_project.ts";
import { itemsByName, readVerified, verifyProject } from "./verify_project.ts";

/** One run of what never is the same, and one verification of it. */
async function verifyRestless() {
  await using project = await verifyProject();
  await project.run("restless");
  const before = readRuns(project.path);
  const finished = await project.sluice("verify", "--json");
  const near = await project.sluice("verify", "--json", "--tolerance", "1e-6", "--step", "near", "-q");
  const text = await project.sluice("verify", "--step", "near", "--step", "clock", "--quiet");
  return {
    finished,
    items: itemsByName(readVerified(finished)),
    near,
    text,
    isTrackerUntouched: JSON.stringify(before) === JSON.stringify(readRuns(project.path)),
    leftovers: project.leftovers(),
  };
}
let running: ReturnType<typeof verifyRestless> | undefined;
const restless = () => running ??= verifyRestless();

Deno.test("a run that is the same again is verified with exit code 0, from the cache or not", async () => {
  await using project = await verifyProject();
  await project.run("steady");
  const first = await project.sluice("verify");
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /✓ +table +output rows +same\n✓ +table +metric count +same\n/);
  assert.match(first.stderr, /table: started[^]*is the same, made again: 4 outputs and metrics/);
  const { events } = await project.run("steady");
  const cached = events.find((event) => event.is === "step-ended" && event.step === "sum");
  assert.equal(cached?.is === "step-ended" && cached.outcome.is, "cached");
  const second = await project.sluice("verify", "--json", "-q");
  assert.equal(second.code, 0, second.stderr + second.stdout);
  assert.equal(second.stderr, "");
  const { isSame, items, runId } = readVerified(second);
  assert.equal(isSame, true);
  assert.deepEqual(items.map(({ step, is, name, verdict }) => `${step} ${is} ${name} ${verdict}`), [
    "table output rows same",
    "table metric count same",
    "sum output total same",
    "sum metric amount same",
  ]);
  const named = await project.sluice("verify", runId.slice(0, 8), "--step", "table", "--keep", "again", "-q");
  assert.equal(named.code, 0, named.stderr);
  assert.equal(await Deno.readTextFile(project.file("again/table/rows.csv")), "a,b\n1,2.5\n2,3.5\n");
  assert.equal((await project.sluice("verify", "--keep", "again")).code, 2);
  assert.deepEqual(project.leftovers(), []);
});

for (
  const [name, item, verdict, detail] of [
    [
      "a text names its first byte, line and column",
      "clock.text",
      "different",
      /^byte \d+ \(line 2, column \d+\): "at \d+" -> "at \d+"$/,
    ],
    ["a metric names both values", "clock.moment", "different", /^\d+ -> \d+$/],
    ["a table names row and column", "cell.rows", "different", /^row 2, column "b": \d+ -> \d+$/],
    ["a tensor names its element", "weights.model", "different", /^tensor "kernel" at \[2, 0\]: \d+ -> \d+$/],
    [
      "a step that fails now says so, with its last lines",
      "once",
      "different",
      /^it fails now: .*exit code 3 \| the state is spoilt$/,
    ],
    [
      "what needs it says that it was not run",
      "after",
      "different",
      /^it was not run, as step "once" did not finish$/,
    ],
    ["what is the same beside them is", "slow.text", "same", /^$/],
  ] as const
) {
  Deno.test(`verify: ${name}`, async () => {
    const { items, finished } = await restless();
    assert.equal(finished.code, 1, finished.stderr);
    assert.equal(items[item]?.verdict, verdict, JSON.stringify(items));
    assert.match(items[item].detail, detail);
  });
}

Deno.test("verify --tolerance takes numbers for the same that are near, and says the largest difference", async () => {
  const { near, text } = await restless();
  assert.equal(near.code, 0, near.stdout + near.stderr);
  const items = itemsByName(readVerified(near));
  assert.match(
    items["near.rows"]!.detail,
    /^same within 0\.000001, largest difference \S+e-\d+ in column "b"$/,
  );
  assert.match(items["near.near"]!.detail, /^same within 0\.000001, difference \S+e-\d+$/);
  assert.equal(text.code, 1);
  assert.match(text.stdout, /≠ +near +output rows +different +row 1, column "b": 1\.0+\d+ -> 1\.0+\d+\n/);
});

Deno.test("verify writes nothing to the tracker and leaves nothing behind", async () => {
  const { isTrackerUntouched, leftovers } = await restless();
  assert.equal(isTrackerUntouched, true);
  assert.deepEqual(leftovers, []);
});

Deno.test("verify refuses what cannot be run as it was, with exit code 2, and names it", async () => {
  await using project = await verifyProject();
  assert.match((await project.sluice("verify")).stderr, /TRACKER_MISSING/);
  await project.run("steady");
  const [parent, nested] = readRuns(project.path);
  const refused = async (said: RegExp, ...args: string[]) => {
    const { code, stdout, stderr } = await project.sluice("verify", ...args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, said);
  };
  await refused(/RUN_NOT_FOUND.*`0000`/, "0000");
  await refused(new RegExp(`VERIFY_IMPOSSIBLE[^]*hint: .*${parent!.id}`), nested!.id);
  await refused(/ARGUMENT_INVALID.*--tolerance/, "--tolerance", "2");
  await refused(/ARGUMENT_INVALID[^]*`sum`, `table`|ARGUMENT_INVALID[^]*`table`, `sum`/, "--step", "tables");

  const script = await Deno.readTextFile(project.file("steps.sh"));
  await Deno.writeTextFile(project.file("steps.sh"), script.replace("2,3.5", "2,3.6"));
  await refused(
    /VERIFY_IMPOSSIBLE.*something is[^]*source `steps.sh` of step "table": [0-9a-f]{12} -> [0-9a-f]{12}\n/,
  );
  await Deno.remove(project.file("steps.sh"));
  await refused(/source `steps.sh` of step "table": [0-9a-f]{12} -> gone\n/);
  await Deno.symlink("/dev/null", project.file("steps.sh"));
  await refused(/source `steps.sh` of step "table": [0-9a-f]{12} -> link "\/dev\/null"\n/);
  await Deno.remove(project.file("steps.sh"));
  await Deno.writeTextFile(project.file("steps.sh"), script);

  const pipeline = await Deno.readTextFile(project.file("pipeline.ts"));
  await Deno.writeTextFile(project.file("pipeline.ts"), `${pipeline}// More.\n`);
  await refused(/module `pipeline.ts` of step "sum": [0-9a-f]{12} -> [0-9a-f]{12}\n/);
  await Deno.writeTextFile(project.file("pipeline.ts"), pipeline);
  assert.equal((await project.sluice("verify", "-q")).code, 0);

  const plan = `${parent!.artifacts}/sluice/plan.json`;
  const text = await Deno.readTextFile(plan);
  const spoil = async (change: (text: string) => string, said: RegExp) => {
    await Deno.writeTextFile(plan, change(text));
    await refused(said);
  };
  await spoil((text) => text.replace(/"version":\d+/, '"version":99'), /FORMAT_NEWER.*version is 99/);
  await spoil(() => "{", /VERIFY_IMPOSSIBLE.*it is no JSON/);
  await spoil(() => "[]", /VERIFY_IMPOSSIBLE/);
  await spoil((text) => text.replaceAll("steps.sh", "../x.sh"), /VERIFY_IMPOSSIBLE.*sources/);
  await spoil(
    (text) => text.replace('"text":"table"', '"text":"cell"'),
    /the key of step "table" is not what it/,
  );
  await Deno.remove(plan);
  await refused(/VERIFY_IMPOSSIBLE.*no recorded plan/);
  await Deno.rename(project.file("mlruns"), project.file("moved"));
  await refused(/VERIFY_IMPOSSIBLE.*its artifacts are not at `.*mlruns/);
  assert.deepEqual(project.leftovers(), []);
});

Deno.test("an artifact that was changed or removed since is different or missing", async () => {
  await using project = await verifyProject();
  await project.run("steady");
  const table = readRuns(project.path).find((run) => run.tags["sluice.step"] === "table")!;
  await Deno.writeTextFile(`${table.artifacts}/rows.csv`, "a,b\n1,2.5\n2,3.25\n");
  const changed = await project.sluice("verify", "--json", "--step", "table", "-q");
  assert.equal(itemsByName(readVerified(changed))["table.rows"]!.detail, 'row 2, column "b": 3.25 -> 3.5');
  await Deno.remove(`${table.artifacts}/rows.csv`);
  const removed = await project.sluice("verify", "--json", "--step", "table", "-q");
  assert.equal(removed.code, 1);
  assert.equal(itemsByName(readVerified(removed))["table.rows"]!.verdict, "missing");
});

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGKILL", 137]] as const) {
  Deno.test(`${signal} in the middle of a verification ends with ${code} and leaves nothing, in the end`, async () => {
    await using project = await verifyProject();
    await project.run("restless");
    const process = project.start(["verify", "--step", "slow"]);
    const { stderr, readAll } = untilLine(process, /^slow: started/m);
    await stderr;
    assert.equal(project.leftovers().length, 1);
    process.kill(signal);
    const [status, text] = [await process.status, await readAll()];
    await process.stdout.cancel();
    if (signal === "SIGKILL") {
      assert.equal(project.leftovers().length, 1);
      assert.equal((await project.sluice("verify", "--step", "slow", "-q")).code, 0);
    } else {
      assert.equal(status.code, code, text);
      assert.match(text, /RUN_INTERRUPTED.*Verification of run/);
    }
    assert.deepEqual(project.leftovers(), []);
    assert.deepEqual(readRuns(project.path).filter((run) => run.status !== "FINISHED"), []);
  });
}

/** Waits for a line on standard error, and can read the rest. */
function untilLine(process: Deno.ChildProcess, line: RegExp) {
  const reader = process.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (isEnough: () => boolean) => {
    while (!isEnough()) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += value;
    }
    return text;
  };
  return { stderr: until(() => line.test(text)), readAll: () => until(() => false) };
}
