import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { finish, type Finished, readRuns, runSluice, startDeno, workingFolder } from "./run_project.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));

const pipelineText = `import { deno, file, given, host, main, pipeline, sh, step } from "sluice";
const copy = step("copy", {
  env: host(),
  inputs: { given: file() },
  outputs: { copied: file() },
  command: ({ inputs, outputs }) => sh\`cp \${inputs.given} \${outputs.copied}\`,
});
const again = step("again", {
  env: deno(),
  inputs: { copied: file() },
  outputs: { again: file() },
  run: ({ inputs, outputs }) => Deno.copyFileSync(inputs.copied, outputs.again),
});
const odd = pipeline("odd", {}, () => again({ copied: copy({ given: given.file("a #1%.txt", file()) }).copied }));
export default odd;
if (import.meta.main) await main(odd);
`;

async function writeProject(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const config = { links: [repository], imports: { sluice: "jsr:@sluice/sluice@^0.1" } };
  await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(config));
  await Deno.writeTextFile(join(folder, "pipeline.ts"), pipelineText);
  await Deno.writeTextFile(join(folder, "a #1%.txt"), "given\n");
}

async function assertCopied(run: Finished, folder: string): Promise<void> {
  assert.equal(run.code, 0, run.stderr);
  const again = readRuns(folder).find(({ name }) => name === "again")!;
  assert.equal(await Deno.readTextFile(join(again.artifacts, "again")), "given\n");
}

for (const name of ["a b", "a#b", "a%20b", "100%", "ünï ☃", `a'b"c`, "a?b;c", "-dash", "$HOME"]) {
  Deno.test(`a pipeline in a folder named ${JSON.stringify(name)} runs, from inside and from outside`, async () => {
    await using folder = await workingFolder();
    const project = join(folder.path, name);
    await writeProject(project);
    await assertCopied(await finish(startDeno(["pipeline.ts"], project)), project);
    await assertCopied(await runSluice(["run", `./${name}`, "--quiet"], folder.path), folder.path);
  });
}

Deno.test("a pipeline runs through a link to its folder", async () => {
  await using folder = await workingFolder();
  await writeProject(join(folder.path, "real"));
  await Deno.symlink("real", join(folder.path, "link"));
  await assertCopied(await runSluice(["run", "link"], folder.path), folder.path);
});

Deno.test("a function in a folder whose name has a comma is refused, as Deno cannot name that folder", async () => {
  await using folder = await workingFolder();
  const project = join(folder.path, "a,b");
  await writeProject(project);
  const run = await finish(startDeno(["pipeline.ts"], project));
  assert.equal(run.code, 1);
  assert.match(run.stderr, /STEP_NOT_STARTED.*comma/);
});

Deno.test("links beside a pipeline are links to its steps as well, and lead to what is shown", async () => {
  await using folder = await workingFolder();
  await Deno.writeTextFile(join(folder.path, "outside"), "not for steps");
  const project = join(folder.path, "project");
  await Deno.mkdir(join(project, "runs"), { recursive: true });
  await Deno.writeTextFile(join(project, "runs/1"), "first");
  for (const [target, name] of [["runs/1", "latest"], ["nowhere", "dangling"], ["../outside", "out"]]) {
    await Deno.symlink(target!, join(project, name!));
  }
  await Deno.writeTextFile(
    join(project, "pipeline.ts"),
    `import { file, host, pipeline, sh, step } from "sluice";
const seen = step("seen", {
  env: host(),
  outputs: { seen: file() },
  command: ({ outputs }) => sh\`bash -c \${"{ cat latest; cat dangling out; readlink *; true; } > $0"} \${outputs.seen}\`,
});
export default pipeline("links", {}, () => ({ seen: seen({}).seen }));
`,
  );
  const run = await runSluice(["run", "--json"], project);
  assert.equal(run.code, 0, run.stderr);
  const ended = run.events.find((event) => event.is === "step-ended");
  assert.ok(ended?.is === "step-ended");
  assert.equal(
    await Deno.readTextFile(ended.outputs["seen"]!.path),
    "first" + "nowhere\nruns/1\n../outside\n",
  );
});
