import assert from "node:assert/strict";
import { join } from "node:path";
import { openCache } from "../../src/cache/cache.ts";
import { explainExecuted } from "../../src/compose/forecast_plan.ts";
import { openTracker } from "../../src/compose/open_tracker.ts";
import type { Plan } from "../../src/core/plan.ts";
import { openEnvironments } from "../../src/environments/environments.ts";
import { executedLines } from "../../src/terminal/cause_text.ts";
import { expectDone, filesBelow, makeProject, type Project, writeProject } from "./mutated_project.ts";
import { workingFolder } from "../run/run_project.ts";

async function withProject(test: (project: Project) => Promise<void>): Promise<void> {
  await using folder = await workingFolder();
  await test(await makeProject(folder.path));
}
const say = async (project: Project, ...args: string[]) =>
  (await expectDone(project.sluice(["why", ...args]))).stdout;

Deno.test("sluice why says what changed, down to the line, along the chain of steps", () =>
  withProject(async (project) => {
    assert.match(await say(project, "score"), /^score is cached: run [0-9a-f]{32} made its result\n$/);
    await project.replace("lib.sh", "'^#'", "'^ *#'");
    assert.equal(
      await say(project, "gather"),
      `gather runs unless train-1, train-2 come out the same

train-2 runs unless split comes out the same

train-1 runs unless split comes out the same

split will run:
  source lib.sh:1 changed
  - keep() { grep -v '^#' "$1"; }
  + keep() { grep -v '^ *#' "$1"; }
`,
    );
    // The pipeline's file in either place, parameters as for a run.
    assert.equal(
      await say(project, "split", "pipeline.ts", "--rows", "1"),
      `split will run:
  parameter rows  2 → 1
  source lib.sh:1 changed
  - keep() { grep -v '^#' "$1"; }
  + keep() { grep -v '^ *#' "$1"; }
`,
    );
    assert.match(
      await say(project, "pipeline.ts", "split", "-P", "rows=1"),
      /^split will run:\n {2}parameter/,
    );
    assert.deepEqual(JSON.parse(await say(project, "split", "--rows", "1", "--json")).chain[0].causes[0], {
      ...{ is: "parameter", name: "rows" },
      ...{ old: 2, new: 1 },
    });
  }));

Deno.test("sluice why refuses an unknown step with the nearest names, and a step that is not named", () =>
  withProject(async (project) => {
    for (
      const [args, message, hint] of [
        [["spilt"], /STEP_UNKNOWN.*`spilt`/, /Did you mean `split`/],
        [["gat"], /STEP_UNKNOWN.*`gat`/, /Did you mean `gather`/],
        [["train"], /STEP_UNKNOWN.*`train`/, /Steps: `train-1`, `train-2`\n/],
        [["score", "-e", "split"], /STEP_UNKNOWN.*`split` does not run it/, /Leave out --entry-point/],
        [[], /ARGUMENT_INVALID/, /sluice why STEP/],
        [["score", "--row", "1"], /PARAM_UNKNOWN/, /--rows/],
      ] as const
    ) {
      const { code, stderr } = await project.sluice(["why", ...args]);
      assert.equal(code, 2);
      assert.match(stderr, message);
      assert.match(stderr, hint);
    }
  }));

Deno.test("sluice why and a dry run of what never ran make nothing, neither beside the pipeline nor in the cache", async () => {
  await using folder = await workingFolder();
  const project = await writeProject(folder.path);
  const before = await filesBelow(project.folder);
  assert.equal(await say(project, "score"), "score will run:\n  it never ran here\n");
  await project.ask();
  assert.deepEqual(await filesBelow(project.folder), before);
  const made = await filesBelow(join(folder.path, "cache")).catch(() => []);
  assert.deepEqual(made.filter((path) => /results|records|files/.test(path)), []);
});

Deno.test("sluice why of a tracker that cannot be read says so", () =>
  withProject(async (project) => {
    await Deno.writeTextFile(project.path("mlflow.db"), "no database");
    assert.match(await say(project, "split"), /^split is cached/);
    assert.equal(
      await say(project, "split", "--rows", "1"),
      "split will run; why cannot be told as the tracker cannot be read\n",
    );
  }));

Deno.test("after a run it can be said why steps were executed, from what is recorded", () =>
  withProject(async (project) => {
    const variables = { XDG_CACHE_HOME: join(project.root, "cache") };
    const explain = async (args: readonly string[]) => {
      const { events } = await expectDone(project.run({ args }));
      const ended = events.find((event) => event.is === "run-ended")!;
      const plan: Plan = JSON.parse((await expectDone(project.run({ args: [...args, "--dry-run"] }))).stdout);
      const tracker = await openTracker({ workingFolder: project.folder, variables, create: false });
      const environments = openEnvironments({ project: project.folder, variables });
      try {
        return executedLines(
          await explainExecuted(plan, ended.steps, {
            cache: () => Promise.resolve(openCache({ cache: project.cache, clock: Date.now })),
            environments: () => Promise.resolve(environments),
            openTracker: () => Promise.resolve(tracker),
          }, { useCache: !args.includes("--no-cache") }),
        );
      } finally {
        await environments.close();
        await tracker.close();
      }
    };
    assert.deepEqual(await explain([]), []);
    assert.deepEqual(await explain(["--rows", "3"]), ["split ran: parameter rows 2 → 3"]);
    const [split, train] = await explain(["--rows", "1"]);
    assert.equal(split, "split ran: parameter rows 3 → 1");
    assert.match(train!, /^train-1 ran: input kept from split\.kept [0-9a-f]{12} → [0-9a-f]{12}$/);
    await Deno.remove(join(project.cache, "store", "results"), { recursive: true });
    assert.equal((await explain(["--rows", "1"]))[0], "split ran: its result is not kept any more");
    assert.equal(
      (await explain(["--no-cache", "--rows", "1"]))[0],
      "split ran: the run takes no kept results",
    );
  }));

Deno.test("a dry run says of each step what becomes of it, and in its JSON beside the plan", () =>
  withProject(async (project) => {
    await project.replace("data/raw.csv", "b,2", "b,3");
    const { stdout } = await expectDone(project.sluice(["plan"]));
    assert.match(stdout, /^split +will run /m);
    assert.match(stdout, /^train-1 +runs unless split comes out the same /m);
    assert.match(stdout, /^split +input raw from .*raw\.csv [0-9a-f]{12} → [0-9a-f]{12}$/m);
    const plan = JSON.parse((await expectDone(project.sluice(["plan", "--json"]))).stdout);
    assert.deepEqual(plan.forecast.map(({ step, is }: Record<string, string>) => [step, is]), [
      ["split", "will-run"],
      ["train-1", "depends"],
      ["train-2", "depends"],
      ["gather", "depends"],
      ["score", "depends"],
    ]);
    assert.deepEqual(plan.forecast[1].on, ["split"]);
  }));

Deno.test("run --verbose says below the closing lines why steps ran again", () =>
  withProject(async (project) => {
    await project.replace("lib.sh", "'^#'", "'^ *#'");
    const { stderr } = await expectDone(project.sluice(["run", "pipeline.ts", "--rows", "1", "--verbose"]));
    assert.match(stderr, /\nsplit ran: parameter rows 2 → 1/);
    const quiet = await expectDone(project.sluice(["run", "pipeline.ts", "--rows", "2"]));
    assert.doesNotMatch(quiet.stderr, / ran: /);
  }));

Deno.test("sluice why --locked refuses what a run with --locked would refuse", () =>
  withProject(async (project) => {
    const { code, stderr } = await project.sluice(["why", "split", "--locked"]);
    assert.equal(code, 2);
    assert.match(stderr, /error\[LOCK_MISSING\]: Cannot take pipeline/);
  }));
