/** Entry points that depend on others: what runs, in which folder, what is taken from the cache, and what is left. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { realTest } from "../real_part.ts";
import { readRuns, runSluice, workingFolder } from "../run/run_project.ts";

type Files = Readonly<Record<string, string>>;

async function withProject(files: Files, use: (project: Project) => Promise<void>): Promise<void> {
  await using folder = await workingFolder();
  await write(folder.path, files);
  await use(openProject(folder.path));
}

async function write(folder: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  }
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Project {
  readonly folder: string;
  run(...args: readonly string[]): Promise<Ended>;
  /** By step, in the order they ended: what became of each. */
  outcomes(...args: readonly string[]): Promise<Record<string, string>>;
  read(path: string): string | undefined;
  write(files: Files): Promise<void>;
}

function openProject(folder: string): Project {
  const run = (...args: readonly string[]) =>
    runSluice(["run", ".", "--env-manager", "local", ...args], folder);
  return {
    folder,
    run,
    async outcomes(...args) {
      const ended = await run("--json", ...args);
      assert.equal(ended.code, 0, ended.stdout + ended.stderr);
      const events = ended.stdout.trim().split("\n").map((line) => JSON.parse(line));
      return Object.fromEntries(
        events.filter(({ is }) => is === "step-ended").map(({ step, outcome }) => [step, outcome.is]),
      );
    },
    read(path) {
      try {
        return Deno.readTextFileSync(join(folder, path));
      } catch {
        return undefined;
      }
    },
    write: (files) => write(folder, files),
  };
}

const chain = {
  MLproject: `name: chain
entry_points:
  preprocess:
    command: "tr a-z A-Z < {input} > clean.txt"
  train:
    command: "wc -c < {data} > model.txt; echo {batch_size} >> model.txt"
    depends_on: ["preprocess"]
    parameters:
      batch_size: {type: int, default: 32, minimum: 8, maximum: 256}
`,
  "raw.txt": "hello\n",
};
const given = ["-e", "train", "-P", "input=raw.txt", "-P", "data=clean.txt"];

Deno.test("what an entry point depends on runs first, as nested runs, and all they wrote is in the folder", () =>
  withProject(chain, async ({ folder, run, read }) => {
    const ended = await run(...given);
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(read("clean.txt"), "HELLO\n");
    assert.equal(read("model.txt"), "6\n32\n");
    const runs = readRuns(folder);
    const parent = runs.find(({ tags }) => tags["mlflow.parentRunId"] === undefined)!;
    assert.equal(parent.tags["mlflow.source.name"], folder);
    assert.equal(parent.tags["mlflow.source.type"], "PROJECT");
    assert.equal(parent.tags["mlflow.project.entryPoint"], "train");
    assert.deepEqual(parent.params, { batch_size: "32", data: "clean.txt", "preprocess.input": "raw.txt" });
    const nested = runs.filter((each) => each !== parent);
    assert.deepEqual(nested.map(({ tags }) => tags["mlflow.project.entryPoint"]).sort(), [
      "preprocess",
      "train",
    ]);
    for (const { tags, status } of nested) {
      assert.equal(tags["mlflow.parentRunId"], parent.id);
      assert.equal(tags["mlflow.project.env"], "local");
      assert.equal(status, "FINISHED");
    }
    assert.deepEqual(
      nested.map(({ params }) => params).sort((a, b) => Object.keys(a).length - Object.keys(b).length),
      [{ input: "raw.txt" }, { batch_size: "32", data: "clean.txt" }],
    );
  }));

Deno.test("what has not changed is taken from the cache, with what the steps wrote in the folder or without", () =>
  withProject(chain, async ({ folder, outcomes, read, write }) => {
    const both = (preprocess: string, train: string) => ({ preprocess, train });
    assert.deepEqual(await outcomes(...given), both("finished", "finished"));
    assert.deepEqual(await outcomes(...given), both("cached", "cached"));
    await Deno.remove(join(folder, "clean.txt"));
    await Deno.remove(join(folder, "model.txt"));
    assert.deepEqual(await outcomes(...given), both("cached", "cached"));
    assert.equal(read("clean.txt"), "HELLO\n");
    assert.equal(read("model.txt"), "6\n32\n");
    assert.deepEqual(await outcomes(...given, "-P", "batch_size=64"), both("cached", "finished"));
    await write({ "raw.txt": "other\n" });
    assert.deepEqual(await outcomes(...given), both("finished", "finished"));
    assert.deepEqual(await outcomes(...given, "--no-cache"), both("finished", "finished"));
    // A file that a step wrote and somebody changed is a file of the project.
    await write({ "model.txt": "mine\n" });
    assert.deepEqual(await outcomes(...given), both("finished", "finished"));
  }));

Deno.test("MLproject itself is no file of the project: a step's own command and parameters count", () =>
  withProject(chain, async ({ outcomes, write }) => {
    await outcomes(...given);
    await write({ MLproject: chain.MLproject.replace("default: 32", "default: 16") });
    assert.deepEqual(await outcomes(...given), { preprocess: "cached", train: "finished" });
  }));

for (const value of ["4", "300", "32.5", "8.0", "", "1e2"]) {
  Deno.test(`batch_size=${JSON.stringify(value)} is refused before anything starts`, () =>
    withProject(chain, async ({ folder, run }) => {
      const ended = await run(...given, "-P", `batch_size=${value}`);
      assert.equal(ended.code, 2, ended.stderr);
      assert.match(ended.stderr, /MLproject:9:7: entry point "train": parameter "batch_size"/);
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
        "MLproject",
        "raw.txt",
      ]);
    }));
}

Deno.test("a value that an earlier entry point misses is asked for by its name", () =>
  withProject(chain, async ({ run }) => {
    const ended = await run("-e", "train", "-P", "data=clean.txt");
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /Cannot run entry point `preprocess` without a value for `input`/);
  }));

const shared = {
  MLproject: `entry_points:
  a: {command: "echo {seed} {own} > a.txt", parameters: {seed: {default: "0"}, own: {default: "x"}}}
  b: {command: "echo {seed} > b.txt", depends_on: [a], parameters: {seed: {default: "0"}}}
  main:
    command: "cat a.txt b.txt; echo {seed}; echo"
    depends_on: [b]
    parameters: {seed: {default: "0"}}
`,
};
for (
  const [name, args, prints] of [
    ["a name reaches each that declares it", ["seed=1"], "1 x\n1\n1\n\n"],
    ["step.name reaches one", ["a.seed=2"], "2 x\n0\n0\n\n"],
    ["step.name wins over the name, in any order", ["a.seed=2", "seed=1"], "2 x\n1\n1\n\n"],
    ["a name of an earlier one alone reaches that", ["own=y"], "0 y\n0\n0\n\n"],
    ["a name that none has follows the command of the asked one", ["other=z z"], "0 x\n0\n0\n--other z z\n"],
    ["a step that is none of these is part of such a name", ["c.seed=3"], "0 x\n0\n0\n--c.seed 3\n"],
  ] as const
) {
  Deno.test(`of parameters, ${name}`, () =>
    withProject(shared, async ({ run }) => {
      const ended = await run("--json", ...args.flatMap((text) => ["-P", text]));
      assert.equal(ended.code, 0, ended.stdout + ended.stderr);
      const printed = ended.stdout.trim().split("\n").map((line) => JSON.parse(line))
        .filter(({ is, step }) => is === "step-output" && step === "main").map(({ line }) => `${line}\n`);
      assert.equal(printed.join(""), prints);
    }));
}

const folders = {
  MLproject: `entry_points:
  first:
    command: "rm old.txt; mkdir -p deep/er empty; echo 1 > deep/er/one; ln -s one deep/er/link; chmod +x tool.sh; echo more >> log"
  left: {command: "cp deep/er/one left; echo left > both", depends_on: [first]}
  right: {command: "test ! -e left && test ! -e old.txt && echo right > both", depends_on: [first]}
  main:
    command: "test -d empty && test -x tool.sh && cat deep/er/link left both log ignored.bin > all"
    depends_on: [left, right]
`,
  "old.txt": "old\\n",
  "tool.sh": "true\\n",
  log: "0\n",
  ".gitignore": "*.bin\n",
  "ignored.bin": "data\n",
};

Deno.test("a step finds what those before it added, changed and removed, later ones over earlier, and no other's", () =>
  withProject(folders, async ({ folder, run, read }) => {
    const ended = await run();
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(read("all"), "1\n1\nright\n0\nmore\ndata\n");
    assert.equal(read("old.txt"), undefined);
    assert.equal(read("both"), "right\n");
    assert.equal(Deno.readLinkSync(join(folder, "deep/er/link")), "one");
    assert.ok(Deno.statSync(join(folder, "tool.sh")).mode! & 0o100);
  }));

Deno.test("a link that leads out of the folder is refused, and nothing of the step is left", () =>
  withProject({
    MLproject: "entry_points:\n  a: {command: 'true'}\n" +
      "  main: {command: 'echo 1 > made; ln -s ../../outside link', depends_on: [a]}\n",
  }, async ({ run, read }) => {
    const ended = await run();
    assert.equal(ended.code, 1, ended.stderr);
    assert.match(ended.stderr, /OUTPUT_INVALID.*`link` leads out of the folder/);
    assert.equal(read("made"), undefined);
  }));

Deno.test("when a step fails, what finished before it is in the folder and is not run again", () =>
  withProject({
    MLproject: "entry_points:\n  a: {command: 'echo 1 > a.txt'}\n" +
      "  main: {command: 'cat a.txt; echo half > half.txt; bash fail.sh', depends_on: [a]}\n",
    "fail.sh": "exit 3\n",
  }, async ({ run, read, outcomes, write }) => {
    const ended = await run();
    assert.equal(ended.code, 1, ended.stderr);
    assert.match(ended.stderr, /step "main"|main: failed/i);
    assert.equal(read("a.txt"), "1\n");
    assert.equal(read("half.txt"), undefined);
    await write({ "fail.sh": "exit 0\n" });
    // The script is a file of the project, which each step may read.
    assert.deepEqual(await outcomes(), { a: "finished", main: "finished" });
  }));

Deno.test("a file that somebody changes while the run is under way stays as it is, with a warning", () =>
  withProject({
    MLproject: "entry_points:\n  a: {command: 'echo step > notes.txt; touch started; sleep 2'}\n" +
      "  main: {command: 'true', depends_on: [a]}\n",
    "notes.txt": "before\n",
  }, async ({ run, read, write }) => {
    const running = run();
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await write({ "notes.txt": "mine\n" });
    const ended = await running;
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(read("notes.txt"), "mine\n");
    assert.match(ended.stderr, /`notes.txt` changed while the run was under way and stays as it is/);
  }));

const single = { MLproject: "entry_points:\n  main: {command: 'date +%N > now.txt'}\n" };

Deno.test("one that depends on no other is taken from the cache with --cache alone", () =>
  withProject(single, async ({ run, read, outcomes }) => {
    assert.deepEqual(await outcomes("--cache"), { main: "finished" });
    const kept = read("now.txt");
    assert.deepEqual(await outcomes("--cache"), { main: "cached" });
    assert.equal(read("now.txt"), kept);
    assert.equal((await run()).code, 0);
    assert.notEqual(read("now.txt"), kept);
  }));

Deno.test("a file that was there before a step wrote to it is one that the next run begins with", () =>
  withProject({
    MLproject: "entry_points:\n  main: {command: 'echo again >> log.txt; echo same > same.txt'}\n",
    "log.txt": "begun\n",
    "same.txt": "same\n",
  }, async ({ read, outcomes, write }) => {
    assert.deepEqual(await outcomes("--cache"), { main: "finished" });
    assert.deepEqual(await outcomes("--cache"), { main: "finished" });
    assert.equal(read("log.txt"), "begun\nagain\nagain\n");
    await write({ "log.txt": "begun\n" });
    assert.deepEqual(await outcomes("--cache"), { main: "cached" });
    assert.equal(read("log.txt"), "begun\nagain\n");
  }));

realTest(
  ["bubblewrap"],
  "with --sandbox=require one that depends on no other has no network and sees its own files alone",
  () =>
    withProject({
      MLproject: "entry_points:\n  main: {command: 'bash look.sh > seen.txt'}\n",
      "look.sh":
        "ls ..; ls -A; (exec 3<>/dev/tcp/192.0.2.1/9) 2>&1 | grep -o unreachable; ls /root /home 2>/dev/null; true\n",
    }, async ({ run, read }) => {
      const ended = await run("--sandbox", "require");
      assert.equal(ended.code, 0, ended.stderr);
      const seen = read("seen.txt")!.split("\n");
      assert.ok(seen.includes("unreachable") && seen.includes("look.sh"), seen.join("\n"));
      assert.ok(!seen.includes("MLproject") && !seen.includes("mlflow.db"), seen.join("\n"));
    }),
);

for (
  const [args, says] of [
    [["--cache", "--no-cache"], "Cannot use both `--cache` and `--no-cache`"],
    [["--cache", "--run-id", "a".repeat(32)], "Cannot use `--run-id` with steps"],
    [["--sandbox", "some"], "--sandbox"],
    [["--jobs", "0"], "--jobs"],
  ] as const
) {
  Deno.test(`${args.join(" ")} is refused`, () =>
    withProject(single, async ({ run, read }) => {
      const ended = await run(...args);
      assert.equal(ended.code, 2, ended.stderr);
      assert.ok(ended.stderr.includes(says), ended.stderr);
      assert.equal(read("mlflow.db"), undefined);
    }));
}
