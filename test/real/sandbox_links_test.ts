/** Links at every place that is shown to a step: nothing outside is seen, and nothing is made there. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openByShell } from "../../src/core/argv.ts";
import { codeOfAsync } from "../../src/sandbox/test_failure.ts";
import { realTest } from "../real_part.ts";
import { openStepSandbox, type StepGrants } from "./sandbox_step.ts";

interface Hostile {
  readonly project: string;
  readonly outside: string;
  step(grants: StepGrants, script?: string): Promise<string>;
}

/** A project with a folder outside of it that holds `secret.txt`; `step` runs a shell's words and gives what it printed. */
async function inProject(tier: "bubblewrap" | "landlock", act: (hostile: Hostile) => Promise<void>) {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-links-" }));
  const [project, outside] = [join(folder, "project"), join(folder, "outside")];
  try {
    for (const path of ["project/src", "project/data", "outside/inner"]) {
      await Deno.mkdir(join(folder, path), { recursive: true });
    }
    await Deno.writeTextFile(join(project, "src/train.py"), "source");
    await Deno.writeTextFile(join(project, "data/a.csv"), "input");
    await Deno.writeTextFile(join(outside, "secret.txt"), "secret");
    const step = openStepSandbox(tier, { project, cache: join(folder, "cache") });
    await act({
      project,
      outside,
      step: async (grants, script = "true") => {
        const { stdout, stderr } = await step.run(["/bin/sh", "-c", script], grants);
        return stdout + stderr;
      },
    });
    assert.deepEqual(namesIn(outside), ["inner", "secret.txt"]);
    assert.deepEqual(namesIn(join(outside, "inner")), []);
    assert.equal(await Deno.readTextFile(join(outside, "secret.txt")), "secret");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const namesIn = (folder: string): string[] => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** What of the project becomes a link, where it leads from the folder outside, and what is then shown. */
const replaced:
  readonly (readonly [name: string, link: string, target: string, grants: (p: string) => StepGrants])[] = [
    ["a folder above a source", "src", "", (p) => ({ code: [`${p}/src/secret.txt`] })],
    ["an input", "data/a.csv", "secret.txt", (p) => ({ read: [`${p}/data/a.csv`] })],
    ["a folder to read", "data", "", (p) => ({ read: [`${p}/data`] })],
    ["a folder to write", "data", "", (p) => ({ write: [`${p}/data`] })],
    ["a folder above one to write", "data", "", (p) => ({ write: [`${p}/data/inner`] })],
    ["a file to write", "data/a.csv", "secret.txt", (p) => ({ write: [`${p}/data/a.csv`] })],
    ["a missing file to write", "data/new", "missing", (p) => ({ write: [`${p}/data/new`] })],
  ];

for (const tier of ["bubblewrap", "landlock"] as const) {
  const needs = tier === "bubblewrap" ? ["bubblewrap"] as const : [];
  for (const [name, link, target, grants] of replaced) {
    realTest(
      needs,
      `${tier}: ${name} that became a link is refused`,
      () =>
        inProject(tier, async ({ project, outside, step }) => {
          await Deno.remove(join(project, link), { recursive: true }).catch(() => {});
          await Deno.symlink(join(outside, target), join(project, link));
          assert.equal(await codeOfAsync(() => step(grants(project))), "STEP_NOT_STARTED");
        }),
    );
  }

  realTest(
    needs,
    `${tier}: links in folders that are shown lead nowhere`,
    () =>
      inProject(tier, async ({ project, outside, step }) => {
        await Deno.symlink(outside, join(project, "data/out"));
        await Deno.symlink("../../outside", join(project, "data/up"));
        await Deno.mkdir(join(project, "made"));
        await Deno.symlink(join(outside, "inner"), join(project, "made/inner"));
        const script =
          "cat data/out/secret.txt data/up/secret.txt; touch made/inner/x; touch made/real && echo done";
        const said = await step({ read: [join(project, "data")], write: [join(project, "made")] }, script);
        assert.match(said, /done/);
        assert.doesNotMatch(said, /secret\n|^secret$/);
      }),
  );

  realTest(
    needs,
    `${tier}: what a folder to write lies in is shown in parts, without links out of it`,
    () =>
      inProject(tier, async ({ project, outside, step }) => {
        await Deno.mkdir(join(project, "data/results"));
        await Deno.symlink(outside, join(project, "data/out"));
        const said = await step(
          { read: [join(project, "data")], write: [join(project, "data/results")] },
          "cat data/a.csv; cat data/out/secret.txt; touch data/x || echo closed; touch data/results/x && echo open",
        );
        assert.match(said, /^input/);
        assert.match(said, /closed\n[^]*open\n|open\n[^]*closed\n/);
        assert.doesNotMatch(said, /secret$/m);
      }),
  );

  realTest(
    needs,
    `${tier}: links that the user made above the project are followed, and none below`,
    () =>
      inProject(tier, async ({ project, outside, step }) => {
        const way = `${project}-way`;
        await Deno.symlink(project, way);
        const grants = { code: [`${way}/src`], write: [`${way}/data`], folder: way };
        const said = await step(
          grants,
          `cat src/train.py ${way}/src/train.py ${project}/src/train.py; touch data/made`,
        );
        assert.equal(said, "source".repeat(3));
        assert.deepEqual(namesIn(join(project, "data")), ["a.csv", "made"]);
        await Deno.symlink(outside, join(project, "there"));
        assert.equal(
          await codeOfAsync(() => step({ ...grants, read: [`${way}/there`] })),
          "STEP_NOT_STARTED",
        );
      }),
  );
}

realTest(
  [],
  "landlock: a source that becomes a link at the last moment is not followed",
  () =>
    inProject("landlock", async ({ project, outside }) => {
      const step = openStepSandbox("landlock", { project, cache: join(project, "cache") });
      const source = join(project, "src/train.py");
      const { confined, policy } = await step.confine(
        { is: "command", argv: ["/bin/cat", source] },
        { code: [source] },
      );
      await Deno.remove(source);
      await Deno.symlink(join(outside, "secret.txt"), source);
      const [program, ...args] = openByShell(confined.argv, confined.files);
      const { code, stdout, stderr } = await new Deno.Command(program, {
        args,
        clearEnv: true,
        env: { ...policy.variables },
        stdin: "null",
      }).output();
      assert.equal(code, 126);
      assert.equal(new TextDecoder().decode(stdout), "");
      assert.ok(new TextDecoder().decode(stderr).startsWith(confined.failureMark!));
    }),
);
