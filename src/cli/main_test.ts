import assert from "node:assert/strict";
import { join } from "node:path";
import { realTest } from "../../test/real_part.ts";
import {
  configFile,
  finish,
  runSluice,
  sluiceProgram,
  startDeno,
  workingFolder,
} from "../../test/run/run_project.ts";

Deno.test("the program exits with 0 for help, and 2 for what was asked wrongly", async () => {
  await using folder = await workingFolder();
  assert.equal((await runSluice(["--help"], folder.path)).code, 0);
  const wrong = await runSluice(["rnu"], folder.path);
  assert.equal(wrong.code, 2);
  assert.equal(wrong.stdout, "");
  assert.match(
    wrong.stderr,
    /^error\[COMMAND_UNKNOWN\]: Cannot run `sluice rnu` .*\n\nhint: Did you mean `sluice run`\?/,
  );
});

realTest(["bash"], "a reader that leaves early is no bug", async () => {
  await using folder = await workingFolder();
  const command = `"$1" run -A --config "$2" "$3" --help | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", command, "bash", Deno.execPath(), configFile, sluiceProgram],
    cwd: folder.path,
  }).output();
  assert.match(new TextDecoder().decode(stdout), /^sluice: .*\n0\n$/);
  assert.equal(new TextDecoder().decode(stderr), "");
});

for (
  const [how, statement] of [
    ["thrown", "throw new TypeError('a mistake of ours')"],
    [
      "rejected and not awaited",
      "Promise.reject(new TypeError('a mistake of ours')); await new Promise(() => setTimeout(() => {}, 1e5));",
    ],
  ] as const
) {
  Deno.test(`a bug that is ${how} ends with 70, its stack and a request to report it`, async () => {
    await using folder = await workingFolder();
    const module = new URL("../compose/run_to_exit.ts", import.meta.url);
    const program = join(folder.path, "bug.ts");
    await Deno.writeTextFile(
      program,
      `import { runToExit } from "${module}";\nawait runToExit(async () => { ${statement}; });\n`,
    );
    const { code, stderr } = await finish(startDeno([program], folder.path));
    assert.equal(code, 70);
    assert.match(stderr, /^TypeError: a mistake of ours\n {4}at .*bug\.ts/);
    assert.match(stderr, /This is a bug of sluice/);
  });
}

Deno.test("init writes a folder that is checked, formatted and tested, and runs, outside this repository", async () => {
  await using folder = await workingFolder();
  const made = await runSluice(["init", "my line"], folder.path);
  assert.equal(made.code, 0, made.stderr);
  assert.equal(made.stderr, "\nNext: cd 'my line' && deno run -A pipeline.ts\n");
  const project = join(folder.path, "my line");
  assert.deepEqual(
    made.stdout.trimEnd().split("\n"),
    [
      "pipeline.ts",
      "pipeline_test.ts",
      "deno.json",
      ".vscode/settings.json",
      ".gitignore",
      "README.md",
    ].map((path) => `my line/${path}`),
  );
  for (
    const args of [["fmt", "--check"], ["lint"], ["test", "-A"], [
      "run",
      "-A",
      "pipeline.ts",
      "--alpha",
      "0.3",
    ]]
  ) {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: project }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  }
  const help = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "pipeline.ts", "train", "--help"],
    cwd: project,
  }).output();
  assert.match(new TextDecoder().decode(help.stdout), /^my-line train: Fit a line by gradient descent\n/);

  const again = await runSluice(["init", "my line"], folder.path);
  assert.equal(again.code, 2);
  assert.match(
    again.stderr,
    /^error\[FOLDER_NOT_EMPTY\]: Cannot write a pipeline to `my line` as it holds `\.gitignore`$/m,
  );
});
