import assert from "node:assert/strict";
import { join } from "node:path";
import { SluiceError } from "../../src/core/error.ts";
import { digestFile } from "../../src/core/file_tree.ts";
import type { PipelineDefinition, StepUse } from "../../src/core/pipeline.ts";
import { checkLocked } from "../../src/compose/lock_check.ts";
import { differenceLines } from "../../src/compose/lock_difference.ts";
import { type LockOptions, lockPipeline } from "../../src/compose/lock_pipeline.ts";
import { realTest } from "../real_part.ts";
import { failureOf, type Fixture, listOf, makeWheel, silent, withFixture } from "./environments_fixture.ts";

const place = { within: [] };

function stepAsking(project: string, name: string, requirements: readonly string[]): StepUse {
  const folder = `file://${project}/`;
  const kind = { kind: "file" } as const;
  return {
    name,
    definition: {
      ...{ name, module: `${folder}pipeline.ts`, place, environment: listOf(...requirements) },
      ...{ parameters: {}, outputs: {}, metrics: [], inputs: {} },
      body: { is: "command", command: [] },
      permissions: { net: false, read: [], write: [], env: [], gpu: false },
      limits: {},
    } as unknown as StepUse["definition"],
    arguments: {},
    inputs: {
      data: { is: "one", source: { is: "file", path: "data/trees.csv", folder, kind: kind as never } },
    },
    ...{ after: [], conditions: [], place },
  };
}

/** A pipeline in the fixture's project; `steps` are requirements by step. */
function pipelineOf(
  { project }: Fixture,
  steps: Readonly<Record<string, readonly string[]>>,
  file = "pipeline.ts",
): PipelineDefinition {
  return {
    ...{ name: "grove", module: `file://${project}/${file}`, place, parameters: {}, results: {} },
    steps: Object.entries(steps).map(([name, asked]) => stepAsking(project, name, asked)),
  };
}

async function prepareProject({ project, wheels }: Fixture): Promise<void> {
  await Deno.mkdir(join(project, "data"));
  await Deno.writeTextFile(join(project, "data", "trees.csv"), "height\n1\n");
  await Deno.writeTextFile(join(project, "tools.ts"), "export const tool = 1;\n");
  await Deno.writeTextFile(join(project, "pipeline.ts"), 'import "./tools.ts";\nexport {};\n');
  for (const name of ["alder", "birch"]) await makeWheel(wheels, name, "1.0");
}

function sessionOf({ open }: Fixture, changes: Readonly<Record<string, string>> = {}) {
  const environments = open(changes);
  return {
    environments: () => Promise.resolve(environments),
    digests: () => ({ digest: digestFile, close: () => Promise.resolve() }),
  };
}

const lockIt = async (fixture: Fixture, definition: PipelineDefinition, options: Partial<LockOptions> = {}) =>
  (await lockPipeline(definition, sessionOf(fixture), { upgrade: "nothing", isCheck: false, ...options }))
    .changes.flatMap(differenceLines);

const readLock = ({ project }: Fixture) => Deno.readTextFile(join(project, "sluice.lock"));

/** A PATH without uv, and no package anywhere: whatever resolves or installs fails. */
const cutOff = { PATH: "/usr/bin:/bin", PIP_FIND_LINKS: "/nowhere", UV_OFFLINE: "1" };

realTest(["uv"], "a pipeline is locked with all its environments, files and modules", async () => {
  await withFixture(async (fixture) => {
    await prepareProject(fixture);
    const definition = pipelineOf(fixture, { plant: ["alder"], fell: ["birch"], saw: ["alder"] });
    const python = /python 3\.\d+/.exec((await lockIt(fixture, definition)).join())![0];
    const lock = JSON.parse(await readLock(fixture));
    assert.equal(lock.version, 2);
    assert.equal(Object.keys(lock.environments).length, 2);
    const record = lock.pipelines["pipeline.ts#grove"];
    assert.deepEqual(record.environments, Object.keys(lock.environments).sort());
    assert.deepEqual(Object.keys(record.files), ["data/trees.csv"]);
    assert.deepEqual(Object.keys(record.modules), ["pipeline.ts", "tools.ts"]);
    assert(!(await readLock(fixture)).includes(fixture.folder));

    await checkLocked(definition, sessionOf(fixture, cutOff));
    assert.deepEqual(await lockIt(fixture, definition), []);
    assert.deepEqual(await lockIt(fixture, definition, { isCheck: true }), []);
    const less = pipelineOf(fixture, { plant: ["alder"], saw: ["alder"] });
    assert.deepEqual(await lockIt(fixture, less), [
      `environment: removed, ${python} with \`birch\` (1 package)`,
    ]);
    assert.equal(Object.keys(JSON.parse(await readLock(fixture)).environments).length, 1);
  });
});

for (
  const [what, change, told] of [
    [
      "a file of another content",
      ({ project }: Fixture) => Deno.writeTextFile(join(project, "data", "trees.csv"), "height\n2\n"),
      /file `data\/trees.csv`: changed, sha256:[0-9a-f]{64} -> sha256:[0-9a-f]{64}$/,
    ],
    [
      "a file that is gone",
      ({ project }: Fixture) => Deno.remove(join(project, "data", "trees.csv")),
      /file `data\/trees.csv`: gone$/,
    ],
    [
      "a module of another content",
      ({ project }: Fixture) => Deno.writeTextFile(join(project, "tools.ts"), "export const tool = 2;\n"),
      /module `tools.ts`: changed, .* -> /,
    ],
    [
      "a module that is new, and one that is gone",
      async ({ project }: Fixture) => {
        await Deno.writeTextFile(join(project, "other.ts"), "");
        await Deno.writeTextFile(join(project, "pipeline.ts"), 'import "./other.ts";\nexport {};\n');
      },
      /module `other.ts`: new\nmodule `pipeline.ts`: changed.*\nmodule `tools.ts`: gone$/,
    ],
  ] as const
) {
  realTest(["uv"], `a lock is stale by ${what}, and --locked says so`, async () => {
    await withFixture(async (fixture) => {
      await prepareProject(fixture);
      const definition = pipelineOf(fixture, { plant: ["alder"] });
      await lockIt(fixture, definition);
      await change(fixture);
      const before = await readLock(fixture);
      for (
        const ask of [
          () => checkLocked(definition, sessionOf(fixture, cutOff)),
          () => lockPipeline(definition, sessionOf(fixture, cutOff), { upgrade: "nothing", isCheck: true }),
        ]
      ) {
        const { code, details, hint } = await failureOf(ask());
        assert.equal(code, "LOCK_STALE");
        assert.match(details ?? "", told);
        assert.match(hint ?? "", /sluice lock/);
      }
      assert.equal(await readLock(fixture), before);
    });
  });
}

realTest(["uv"], "a requirement that has no entry is told with its step; nothing is resolved", async () => {
  await withFixture(async (fixture) => {
    await prepareProject(fixture);
    await lockIt(fixture, pipelineOf(fixture, { plant: ["alder"] }));
    const more = pipelineOf(fixture, { plant: ["alder"], fell: ["birch>=1"] });
    const { code, details } = await failureOf(checkLocked(more, sessionOf(fixture, cutOff)));
    assert.equal(code, "LOCK_STALE");
    assert.equal(details, "environment of step `fell`: no entry for python with `birch>=1`");
    const { openEnvironments } = await import("../../src/environments/environments.ts");
    const { project, cache, variables } = fixture;
    const locked = openEnvironments({ project, cache, variables, isLocked: true });
    assert.equal((await failureOf(locked.prepare(listOf("birch>=1"), silent))).code, "LOCK_MISSING");
    locked.close();
  });
});

realTest(["uv"], "without a lock, or one that knows the pipeline, --locked refuses", async () => {
  await withFixture(async (fixture) => {
    await prepareProject(fixture);
    const definition = pipelineOf(fixture, { plant: ["alder"] });
    assert.equal((await failureOf(checkLocked(definition, sessionOf(fixture)))).code, "LOCK_MISSING");
    assert.equal((await failureOf(lockIt(fixture, definition, { isCheck: true }))).code, "LOCK_MISSING");
    await fixture.open().prepare(listOf("alder"), silent);
    assert.match(await readLock(fixture), /"version": 1/);
    const failure = await failureOf(checkLocked(definition, sessionOf(fixture)));
    assert.equal(failure.code, "LOCK_MISSING");
    assert.match(failure.message, /says nothing of it/);
    assert.equal((await failureOf(lockIt(fixture, definition, { isCheck: true }))).code, "LOCK_STALE");
  });
});

realTest(["uv"], "an upgrade moves all packages, or the one that is named, and says from where", async () => {
  await withFixture(async (fixture) => {
    await prepareProject(fixture);
    const definition = pipelineOf(fixture, { plant: ["alder", "birch"] });
    await lockIt(fixture, definition);
    for (const name of ["alder", "birch"]) await makeWheel(fixture.wheels, name, "1.1");
    assert.deepEqual(await lockIt(fixture, definition), []);
    const one = await lockIt(fixture, definition, { upgrade: ["Alder"] });
    assert.deepEqual(one.slice(1), ["  alder 1.0 -> 1.1"]);
    assert.match(one[0]!, /^environment of step `plant`: upgraded, python 3/);
    const all = await lockIt(fixture, definition, { upgrade: "all" });
    assert.deepEqual(all.slice(1), ["  birch 1.0 -> 1.1"]);
    assert.deepEqual(await lockIt(fixture, definition, { upgrade: "all" }), []);
    const failure = await failureOf(lockIt(fixture, definition, { upgrade: ["cedar"] }));
    assert.equal(failure.code, "ARGUMENT_INVALID");
    assert.match(failure.hint ?? "", /`alder`, `birch`/);
  });
});

realTest(["uv"], "pipelines of one folder, and other platforms, keep their entries", async () => {
  await withFixture(async (fixture) => {
    await prepareProject(fixture);
    const { project } = fixture;
    await Deno.writeTextFile(join(project, "other.ts"), "export {};\n");
    await lockIt(fixture, pipelineOf(fixture, { plant: ["alder"] }));
    const other = pipelineOf(fixture, { fell: ["birch"] }, "other.ts");
    await lockIt(fixture, other);
    const path = join(project, "sluice.lock");
    const lock = JSON.parse(await readLock(fixture));
    const foreign = `sha256:${"0".repeat(64)}`;
    lock.environments[foreign] = { ...Object.values<object>(lock.environments)[0], platform: "plan9-mips" };
    lock.pipelines["pipeline.ts#grove"].environments.push(foreign);
    await Deno.writeTextFile(path, JSON.stringify(lock));
    await lockIt(fixture, pipelineOf(fixture, { plant: ["alder==1.0"] }));
    const now = JSON.parse(await readLock(fixture));
    const asked = Object.values<{ requirements: string[]; platform: string }>(now.environments)
      .map((entry) => `${entry.requirements} ${entry.platform.slice(0, 5)}`).sort();
    const here = `${Deno.build.os}-${Deno.build.arch}`.slice(0, 5);
    assert.deepEqual(asked.length, 3);
    assert(asked.includes(`alder==1.0 ${here}`) && asked.includes(`birch ${here}`));
    assert(now.environments[foreign] !== undefined);
    assert(now.pipelines["pipeline.ts#grove"].environments.includes(foreign));
    await checkLocked(other, sessionOf(fixture));
  });
});

realTest(["uv"], "an entry that a pipeline beside may need stays until that is locked", async () => {
  await withFixture(async (fixture) => {
    await prepareProject(fixture);
    const neighbour = join(fixture.project, "neighbour.ts");
    await Deno.writeTextFile(neighbour, 'export default pipeline("neighbour", {}, () => {});\n');
    await fixture.open().prepare(listOf("birch"), silent);
    const definition = pipelineOf(fixture, { plant: ["alder"] });
    await lockIt(fixture, definition);
    assert.equal(Object.keys(JSON.parse(await readLock(fixture)).environments).length, 2);
    await Deno.remove(neighbour);
    assert.match((await lockIt(fixture, definition)).join(), /^environment: removed, python/);
  });
});

Deno.test("a link among given files is refused, not followed", async () => {
  await withFixture(async (fixture) => {
    await prepareProject(fixture);
    await Deno.remove(join(fixture.project, "data", "trees.csv"));
    await Deno.symlink("/etc/hostname", join(fixture.project, "data", "trees.csv"));
    await assert.rejects(
      lockIt(fixture, pipelineOf(fixture, { plant: [] })),
      (error) => error instanceof SluiceError && error.failure.code === "GIVEN_FILE_INVALID",
    );
  });
});
