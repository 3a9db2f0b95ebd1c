import assert from "node:assert/strict";
import { join } from "node:path";
import { realTest } from "../../test/real_part.ts";
import { workingFolder } from "../../test/run/run_project.ts";
import { SluiceError } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import { failingRun, report, runId, started } from "./sample_definition_test.ts";
import { code, fence, prose, table } from "./summary_markdown_text.ts";
import { openSummaries } from "./summary_reporter.ts";

const subject = (workingFolder: string) => ({ pipeline: "wine", entryPoint: "main", workingFolder });

/** The texts of the files after the events, by name. */
async function summarise(
  events: readonly Event[],
  files: readonly string[] = ["run.md", "run.xml"],
): Promise<string[]> {
  await using folder = await workingFolder();
  const reporter = await openSummaries(
    files,
    { ...subject("/work"), gitCommit: "c".repeat(40), workingFolder: folder.path },
    () => undefined,
  );
  for (const event of events) reporter.report(event);
  await reporter.close();
  const names = (await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name).sort();
  assert.deepEqual(names, files.toSorted());
  return await Promise.all(
    files.map(async (file) =>
      (await Deno.readTextFile(join(folder.path, file))).replaceAll("/work/", "").replaceAll(folder.path, "")
    ),
  );
}

const held = (step: string, rest: Parameters<typeof report>[1] = {}) =>
  report(step, { sandbox: "bubblewrap", ...rest });
const fine: readonly Event[] = (() => {
  const preprocess = held("preprocess", {
    outcome: { is: "cached", runId: "0".repeat(32) },
    endedAt: 1003,
    outputs: { train: { path: "mlruns/1/a/train.csv", digest: `sha256:${"1".repeat(64)}`, sizeBytes: 3400 } },
  });
  const train = held("train", { metrics: { rmse: 0.731, r2: 0.5 } });
  return [
    started(["preprocess", "train"], { skipped: [{ step: "plot", because: "plots" }] }),
    { is: "run-ended", at: 3200, runId, status: "finished", steps: [preprocess, train] },
  ];
})();

Deno.test("a run as Markdown has a title, what it was, its steps and its outputs", async () => {
  const [text] = await summarise(fine);
  assert.equal(
    text,
    `## ✅ \`wine\` \`main\` finished in 3.2 s

- run: \`bold-carp-12\` (\`${runId}\`) in experiment \`wine\`
- sandbox: bubblewrap
- tracker: \`sqlite:////work/mlflow.db\`
- commit: \`${"c".repeat(40)}\`

| step | state | time | cached | sandbox | metrics |
| --- | --- | --: | --- | --- | --- |
| \`preprocess\` | ✅ cached | 3 ms | from \`00000000\` | bubblewrap |  |
| \`train\` | ✅ finished | 1.2 s | no | bubblewrap | \`rmse 0.731, r2 0.5\` |
| \`plot\` | – skipped |  |  |  | \`plots\` is false |

| output | size | digest | path |
| --- | --: | --- | --- |
| \`preprocess.train\` | 3.4 kB | \`sha256:${"1".repeat(64)}\` | \`mlruns/1/a/train.csv\` |
`.replace("////work/", "///"),
  );
});

Deno.test("a failed run as Markdown has each failure with its code, place, hint and last lines", async () => {
  const [text] = await summarise(failingRun);
  assert.match(text!, /^## ❌ `wine` `main` failed in 2.6 s$/m);
  assert.match(text!, /^\| `notify` \| – blocked \| {2}\| {2}\| {2}\| "train" did not finish \|$/m);
  assert.ok(
    text!.endsWith(`### \`train\`: STEP_FAILED

**STEP_FAILED**: Step "train" ended with exit code 3

At \`pipeline.ts:12: step "train"\`

**Hint**: Read its last lines, or its whole log

The last lines of its output:

\`\`\`text
Traceback
ValueError: red \\x1b]0;title\\x07
\`\`\`

Whole log: \`mlruns/1/b/logs/output.log\`
`),
    text,
  );
});

for (
  const [what, written, expected] of [
    ["a plain name as code", code("train/model-1.csv"), "`train/model-1.csv`"],
    ["what would end a cell by number", code("a|b\\|`c"), "<code>a&#124;b&#92;&#124;&#96;c</code>"],
    ["HTML as text", code("<img src=x>"), "<code>&#60;img src&#61;x&#62;</code>"],
    ["several lines as one", code("a\n| b |"), "<code>a&#92;n&#124; b &#124;</code>"],
    [
      "a sentence with code",
      prose("Cannot set `--alpha` to `a|b`"),
      "Cannot set `--alpha` to <code>a&#124;b</code>",
    ],
    ["a backtick without its pair", prose("a ` <b>"), "a &#96; &#60;b&#62;"],
    ["a mention of somebody as nobody's", prose("@all [x](y)"), "@&#8203;all &#91;x&#93;(y)"],
    ["a fence that is longer than any in it", fence(["````", "x"]).join("\n"), "`````text\n````\nx\n`````"],
    ["a control character in a fence by number", fence(["\u001b]0;x\u0007"])[1], "\\x1b]0;x\\x07"],
    [
      "a table with its numbers to the right",
      table(["a", "b"], [["1", "2"]], [1]).join("\n"),
      "| a | b |\n| --- | --: |\n| 1 | 2 |",
    ],
  ] as const
) {
  Deno.test(`a summary shows ${what}`, () => assert.equal(written, expected));
}

const evil = "</system-out>]]>&\"'<x>\u0000\u001b[31m\ud800\ufffe`````\n|\\|\r\n# x <script>";
const evilRun: readonly Event[] = (() => {
  const step = held(evil, {
    metrics: { [evil]: NaN },
    outputs: { [evil]: { path: `/work/${evil}`, digest: evil, sizeBytes: 1 } },
    outcome: {
      is: "failed",
      lastLines: evil.split("\n"),
      log: `/work/${evil}`,
      failure: { code: "STEP_FAILED", message: evil, hint: evil, details: evil, at: { file: evil } },
    },
  });
  const made = held("made", { outputs: step.outputs, metrics: step.metrics });
  const blocked = held("blocked", { outcome: { is: "blocked", step: evil }, runId: "" });
  return [
    started([evil], { runName: evil, experiment: evil, tracker: evil, runId: evil }),
    { is: "run-ended", at: 1, runId: evil, status: "failed", steps: [step, made, blocked] },
  ];
})();

Deno.test("no name, value or line of a step leaves its cell or its fence", async () => {
  const [text] = await summarise(evilRun);
  const outside = text!.replaceAll(/^(`{3,})text\n[^]*?\n\1$/gm, "");
  // deno-lint-ignore no-control-regex -- what must not be there
  assert.doesNotMatch(text!, /[\u0000-\u0009\u000b-\u001f]|\p{Surrogate}/u);
  assert.doesNotMatch(outside, /`````|^# |<(?!\/?code>)/m);
  const cells = outside.split("\n").filter((line) => line.startsWith("|")).map((row) =>
    row.split("|").length
  );
  assert.deepEqual(cells, [8, 8, 8, 8, 8, 6, 6, 6, 6]);
});

Deno.test("a summary of 20,000 steps, all failed, is far below what GitHub takes", async () => {
  const steps = Array.from({ length: 20_000 }, (_, index) =>
    held(`step-${index}`, {
      outcome: {
        is: "failed",
        failure: { code: "STEP_FAILED", message: "x".repeat(1e4) },
        lastLines: Array.from({ length: 100 }, () => "é".repeat(5000)),
      },
    }));
  const [text] = await summarise([
    started(steps.map(({ step }) => step)),
    { is: "run-ended", at: 1, runId, status: "failed", steps },
  ], ["run.md"]);
  assert.ok(new TextEncoder().encode(text).length < 900_000);
  assert.match(text!, /^19000 further steps are not shown$/m);
  assert.match(text!, /^\d+ further steps failed$/m);
});

/** Elements of Jenkins' junit-10.xsd that are written: attributes they must and may have, and what they hold. */
const schema = {
  testsuites: { must: [], may: ["name", "time", "tests", "failures", "errors"], holds: ["testsuite"] },
  testsuite: {
    must: ["name", "tests", "failures", "errors"],
    may: ["time", "skipped", "timestamp"],
    holds: ["testcase"],
  },
  testcase: {
    must: ["name"],
    may: ["time", "classname"],
    holds: ["skipped", "error", "failure", "system-out"],
  },
  failure: { must: [], may: ["type", "message"], holds: [] },
  error: { must: [], may: ["type", "message"], holds: [] },
  skipped: { must: [], may: ["type", "message"], holds: [] },
  "system-out": { must: [], may: [], holds: [] },
} as const;

interface Element {
  readonly tag: keyof typeof schema;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly inside: readonly Element[];
}
const readXml = `import json, sys, xml.etree.ElementTree as tree
def told(e): return {"tag": e.tag, "attributes": e.attrib, "text": e.text or "", "inside": [told(i) for i in e]}
print(json.dumps(told(tree.fromstring(sys.stdin.buffer.read()))))`;

/** Read by expat. */
async function parseXml(text: string): Promise<Element> {
  const python = new Deno.Command("python3", {
    args: ["-c", readXml],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = python.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await python.output();
  assert.ok(success, `${new TextDecoder().decode(stderr)}\n${text}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function checkElement({ tag, attributes, inside }: Element): void {
  const { must, may, holds }: { must: readonly string[]; may: readonly string[]; holds: readonly string[] } =
    schema[tag];
  const names = Object.keys(attributes);
  assert.deepEqual(must.filter((name) => !names.includes(name)), [], tag);
  assert.deepEqual(names.filter((name) => ![...must, ...may].includes(name)), [], tag);
  assert.deepEqual(inside.map((each) => each.tag).filter((each) => !holds.includes(each)), [], tag);
  if ("time" in attributes) assert.match(attributes["time"]!, /^\d+\.\d{3}$/);
  inside.forEach(checkElement);
}

realTest(
  ["python"],
  "a run as JUnit is a suite with a case for each step, as Jenkins' schema has it",
  async () => {
    const [, text] = await summarise(failingRun);
    const root = await parseXml(text!);
    checkElement(root);
    const [suite] = root.inside;
    assert.deepEqual(suite!.attributes, {
      name: "wine/main",
      tests: "3",
      failures: "1",
      errors: "0",
      skipped: "1",
      time: "2.600",
      timestamp: "1970-01-01T00:00:00",
    });
    assert.deepEqual(
      suite!.inside.map(({ attributes, inside }) => [attributes["name"], attributes["time"], inside[0]?.tag]),
      [["preprocess", "1.200", "system-out"], ["train", "0.400", "failure"], ["notify", "0.000", "skipped"]],
    );
    const [failure, output] = suite!.inside[1]!.inside;
    assert.deepEqual(failure!.attributes, {
      type: "STEP_FAILED",
      message: 'Step "train" ended with exit code 3',
    });
    assert.match(failure!.text, /^at pipeline\.ts:12: step "train"\nhint: Read its last lines/);
    assert.equal(output!.text, "Traceback\nValueError: red \\x1b]0;title\\x07");
  },
);

realTest(
  ["python"],
  "JUnit is well-formed and as the schema says, whatever a step is called and prints",
  async () => {
    const [, text] = await summarise(evilRun);
    const root = await parseXml(text!);
    checkElement(root);
    assert.match(
      root.inside[0]!.inside[0]!.attributes["name"]!,
      /^<\/system-out>\]\]>&"'<x>\[31m`{5}\n\|\\\|\r?\n# x <script>$/,
    );
  },
);

realTest(
  ["python"],
  "a run that was refused or stopped is an error of its own in JUnit, and a title in Markdown",
  async () => {
    await using folder = await workingFolder();
    const reporter = await openSummaries(["a.md", "a.xml"], subject(folder.path), () => undefined);
    reporter.refused({ code: "LOCK_STALE", message: "Cannot run as the lock is stale", hint: "Lock it" });
    await reporter.close();
    const root = await parseXml(await Deno.readTextFile(join(folder.path, "a.xml")));
    checkElement(root);
    assert.equal(root.attributes["errors"], "1");
    assert.equal(root.inside[0]!.inside[0]!.inside[0]!.tag, "error");
    assert.equal(
      await Deno.readTextFile(join(folder.path, "a.md")),
      "## ⛔ `wine` `main` refused\n\n### The run: LOCK_STALE\n\n**LOCK_STALE**: Cannot run as the lock is stale\n\n**Hint**: Lock it\n",
    );
  },
);

Deno.test("GitHub's summary of a step is added to, other files are written anew", async () => {
  await using folder = await workingFolder();
  const stepSummary = join(folder.path, "step_summary_0123");
  await Deno.writeTextFile(stepSummary, "before\n");
  await Deno.writeTextFile(join(folder.path, "run.md"), "before\n");
  const reporter = await openSummaries(
    [stepSummary, "run.md"],
    subject(folder.path),
    (name) => name === "GITHUB_STEP_SUMMARY" ? stepSummary : undefined,
  );
  for (const event of fine) reporter.report(event);
  await reporter.close();
  assert.match(await Deno.readTextFile(stepSummary), /^before\n\n## ✅ `wine`/);
  assert.match(await Deno.readTextFile(join(folder.path, "run.md")), /^## ✅ `wine`/);
});

for (
  const [what, file, code, words] of [
    ["with another ending", "run.html", "ARGUMENT_INVALID", /its name must end in \.md or \.xml/],
    ["without an ending", "run", "ARGUMENT_INVALID", /its name must end in/],
    ["in a folder that is not there", "no/run.md", "FOLDER_NOT_WRITABLE", /there is no such folder/],
    ["under a file", "file/run.md", "FOLDER_NOT_WRITABLE", /there is no such folder/],
    ["where a folder is", "folder.md", "FOLDER_NOT_WRITABLE", /something other than a file/],
    ["where nobody may write", "/proc/run.xml", "FOLDER_NOT_WRITABLE", /cannot be written/],
  ] as const
) {
  Deno.test(`a summary ${what} is refused before a run`, async () => {
    await using folder = await workingFolder();
    await Deno.writeTextFile(join(folder.path, "file"), "");
    await Deno.mkdir(join(folder.path, "folder.md"));
    await assert.rejects(
      openSummaries([file], subject(folder.path), () => undefined),
      (error) => error instanceof SluiceError && error.failure.code === code && words.test(error.message),
    );
  });
}

Deno.test("a summary that cannot be written any more fails, and leaves nothing half-written", async () => {
  await using folder = await workingFolder();
  const inner = join(folder.path, "inner");
  await Deno.mkdir(inner);
  const reporter = await openSummaries(["inner/run.md"], subject(folder.path), () => undefined);
  for (const event of fine) reporter.report(event);
  await Deno.remove(inner);
  await assert.rejects(
    reporter.close(),
    (error) => error instanceof SluiceError && error.failure.code === "TEXT_NOT_WRITTEN",
  );
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});
