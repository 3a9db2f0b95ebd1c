/** Imported projects beside what real MLflow made of them, as `record.ts` wrote it down. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { quoteWord } from "../../src/mlproject/fill_command.ts";
import { golden } from "../golden.ts";
import { realTest } from "../real_part.ts";
import { runSluice, workingFolder } from "../run/run_project.ts";
import { type ImportCase, importCases, otherImports } from "./import_cases.ts";
import { type CallsAnswer, readFiles, readParams, writeFiles } from "./import_workplace.ts";

const recorded: Readonly<Record<string, CallsAnswer>> = JSON.parse(
  await Deno.readTextFile(fileURLToPath(new URL("recorded.json", import.meta.url))),
);

for (const { name, files } of [...importCases, ...otherImports]) {
  Deno.test(`the pipeline of the project ${name} reads as it is kept, and is formatted`, async () => {
    await using work = await workingFolder();
    const project = join(work.path, "project");
    await writeFiles(project, files);
    const { code, stderr, stdout } = await runSluice(
      ["import", "project", "--env-manager", "conda"],
      work.path,
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "project/pipeline.ts\nproject/deno.json\n");
    // `deno check` of this repository checks the types of what is kept.
    await golden(`import/${name}.ts`, await Deno.readTextFile(join(project, "pipeline.ts")));
  });
}

realTest(["bash"], "pipelines of projects do as `mlflow run` did", async () => {
  // One cache for all, as each would make the same environment.
  await using work = await workingFolder();
  for (const asked of importCases) await runLikeMlflow(asked, work.path);
});

async function runLikeMlflow({ name, files, calls }: ImportCase, parent: string): Promise<void> {
  const folder = join(parent, name);
  await writeFiles(folder, files);
  await writeFiles(folder, { "pipeline.ts": await golden(`import/${name}.ts`), "deno.json": "{}" });
  const isSuccess: boolean[] = [];
  const params: Readonly<Record<string, string>>[] = [];
  let said = "";
  for (const { entryPoint, step, parameters = {}, renamed = {} } of calls) {
    const asked = step ?? entryPoint;
    const given = Object.entries(parameters).map(([key, value]) => `--${renamed[key] ?? key}=${value}`);
    const call = ["run", "pipeline.ts", ...(asked === undefined ? [] : [asked]), ...given];
    const { code, stderr } = await runSluice(call, folder);
    said += stderr;
    isSuccess.push(code === 0);
    const names = new Map(Object.entries(renamed).map(([key, own]) => [own.split(".").at(-1)!, key]));
    params.push(
      Object.fromEntries(
        Object.entries(readParams(folder).at(-1)!)
          .map(([key, value]) => [names.get(key) ?? key, value.replace(`${folder}/`, "")]),
      ),
    );
  }
  const expected = recorded[name]!;
  said = `${name}: ${said}`;
  assert.deepEqual(isSuccess, expected.isSuccess, said);
  assert.deepEqual(await readFiles(folder), expected.files, said);
  assert.deepEqual({ name, params: params.map(comparable) }, {
    name,
    params: expected.params.map(comparable),
  });
}

/** MLflow logs each value as a word of a shell, and numbers as the file has them. */
const comparable = (params: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(params).map(([key, value]) => {
      const isNumber = /^[0-9.]+(e-?[0-9]+)?$/.test(value);
      return [key, isNumber ? String(Number(value)) : value.startsWith("'") ? value : quoteWord(value)];
    }).sort(([one], [other]) => one! < other! ? -1 : 1),
  );

Deno.test("packages of a conda.yaml are PyPI's where that is asked for, and the pipeline says so", async () => {
  await using work = await workingFolder();
  await writeFiles(work.path, otherImports.find(({ name }) => name === "conda")!.files);
  const { code, stderr } = await runSluice(["import", "--env-manager", "uv"], work.path);
  assert.equal(code, 0, stderr);
  const text = (await Deno.readTextFile(join(work.path, "pipeline.ts"))).replace(/\s+/g, " ");
  assert.match(text, /python\(\{ version: "3\.9", requirements: \["scikit-learn==1\.0\.2\.\*"/);
  assert.match(text, /The packages of conda\.yaml are taken from PyPI as was asked for/);
});

Deno.test("each recorded project is one of the table", () => {
  assert.deepEqual(Object.keys(recorded), importCases.map(({ name }) => name));
});
