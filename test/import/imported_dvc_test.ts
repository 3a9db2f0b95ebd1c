/** Imported dvc.yaml files beside what real `dvc repro` made of them, as `record_dvc.ts` wrote it down. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { golden } from "../golden.ts";
import { realTest } from "../real_part.ts";
import { runSluice, workingFolder } from "../run/run_project.ts";
import { type DvcCase, dvcCases } from "./dvc_cases.ts";
import { readFiles, writeFiles } from "./import_workplace.ts";

const recorded: Readonly<Record<string, Readonly<Record<string, string>>>> = JSON.parse(
  await Deno.readTextFile(fileURLToPath(new URL("recorded_dvc.json", import.meta.url))),
);

realTest(
  ["bash"],
  "pipelines of dvc.yaml files read as they are kept, and do as `dvc repro` did",
  async () => {
    await using work = await workingFolder();
    for (const asked of dvcCases) await runLikeDvc(asked, work.path);
  },
);

async function runLikeDvc({ name, files, outputs, metrics = {} }: DvcCase, parent: string): Promise<void> {
  const folder = join(parent, name);
  await writeFiles(folder, files);
  const imported = await runSluice(["import", name], parent);
  assert.equal(imported.code, 0, imported.stderr);
  await golden(`import/${name}.ts`, await Deno.readTextFile(join(folder, "pipeline.ts")));
  const { code, stderr, events } = await runSluice(["run", "pipeline.ts", "--json"], folder);
  assert.equal(code, 0, stderr);
  const made = new Map<string, string>();
  const logged: Record<string, Readonly<Record<string, number>>> = {};
  for (const event of events) {
    if (event.is !== "step-ended") continue;
    if (Object.keys(event.metrics).length > 0) logged[event.step] = event.metrics;
    for (const [output, { path }] of Object.entries(event.outputs)) {
      made.set(`${event.step}.${output}`, path);
    }
  }
  assert.deepEqual(logged, metrics);
  for (const [output, path] of Object.entries(outputs)) {
    const found = made.get(output);
    assert.ok(found !== undefined, `${name}: ${output} among ${[...made.keys()]}`);
    assert.deepEqual(await readOutput(found), below(recorded[name]!, path), `${name}: ${output}`);
  }
}

/** By path below it; a file is there by no path. */
async function readOutput(path: string): Promise<Record<string, string>> {
  const { isDirectory } = await Deno.stat(path);
  return isDirectory ? await readFiles(path) : { "": await Deno.readTextFile(path) };
}

const below = (files: Readonly<Record<string, string>>, path: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(files).filter(([name]) => name === path || name.startsWith(`${path}/`))
      .map(([name, text]) => [name.slice(path.length + 1), text]),
  );

Deno.test("each recorded dvc.yaml is one of the table", () => {
  assert.deepEqual(Object.keys(recorded), dvcCases.map(({ name }) => name));
});
