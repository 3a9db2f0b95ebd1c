/**
 * What an edit re-runs, and what is said of it before. Each row of the tables is done to a copy of a project that ran once;
 * then exactly the steps it names run, and each other step is cached.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { copyFolder, executedSteps, makeProject, openProject, type Project } from "./mutated_project.ts";
import type { Mutation } from "./mutation.ts";
import { mutationsOfFiles } from "./mutations_of_files.ts";
import { mutationsOfSteps } from "./mutations_of_steps.ts";
import { mutationsOfSurroundings } from "./mutations_of_surroundings.ts";

const mutations: readonly Mutation[] = [...mutationsOfFiles, ...mutationsOfSteps, ...mutationsOfSurroundings];
/** At a time. */
const atOnce = 3;

Deno.test("the mutation suite has at least 60 edits, each named once", () => {
  assert.ok(mutations.length >= 60, String(mutations.length));
  assert.equal(new Set(mutations.map(({ name }) => name)).size, mutations.length);
});

Deno.test("what an edit re-runs, and what `why` says before", async (t) => {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-mutations-" }));
  try {
    const template = await makeProject(join(root, "template"));
    const open = [...mutations.keys()];
    const outcomes = new Map(mutations.map(({ name }) => [name, Promise.withResolvers<void>()]));
    for (const { promise } of outcomes.values()) promise.catch(() => {});
    const work = async () => {
      for (let index = open.shift(); index !== undefined; index = open.shift()) {
        const mutation = mutations[index]!;
        const { resolve, reject } = outcomes.get(mutation.name)!;
        await judge(mutation, template, join(root, String(index))).then(resolve, reject);
      }
    };
    const working = Array.from({ length: atOnce }, work);
    for (const { name } of mutations) await t.step(name, () => outcomes.get(name)!.promise);
    await Promise.all(working);
  } finally {
    await Deno.remove(root, { recursive: true }).catch(() => {});
  }
});

async function judge(mutation: Mutation, template: Project, root: string): Promise<void> {
  const project = mutation.prepare === undefined
    ? await copyOf(template, root)
    : await makeProject(root, mutation.prepare);
  const call = await mutation.edit(project) ?? {};
  const said = await project.ask(call);
  const executed = executedSteps(await project.run(call));
  assert.deepEqual(
    { said, executed },
    { said: mutation.says, executed: [...mutation.runs ?? Object.keys(mutation.says)].sort() },
  );
}

async function copyOf(template: Project, root: string): Promise<Project> {
  await copyFolder(template.root, root);
  return openProject(root);
}
