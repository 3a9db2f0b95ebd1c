/** An MLproject to a pipeline, to an MLproject, to a pipeline: what MLproject can say is the same each time. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { kebabCase } from "../../src/core/kebab_case.ts";
import type { MlflowProject, ProjectEntryPoint, ProjectParameter } from "../../src/core/mlproject.ts";
import type { PipelineDefinition } from "../../src/core/pipeline.ts";
import { definitionOf } from "../../src/dsl/pipeline.ts";
import { exportedMlproject } from "../../src/mlproject/exported_pipeline.ts";
import { writePipelineModule } from "../../src/mlproject/write_pipeline_module.ts";
import { projectModule } from "../../src/mlproject/project_module.ts";
import { readMlproject } from "../../src/mlproject/read_mlproject.ts";
import { memoryFolder } from "../run/run_project.ts";

const place = { file: "MLproject", line: 1, column: 1 };
const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
/** What MLflow and a shell would take for something else among them. */
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(
    "no",
    "1e3",
    "0x10",
    "~",
    "null",
    "{x}",
    "'",
    '"',
    "a: b",
    "- a",
    "#",
    "\n",
    "yes",
    "010",
    "ü",
    " a ",
  ),
);
const number = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }).map((value) =>
    value === 0 ? 0 : value
  ),
);
const description = fc.option(text.filter((words) => words !== ""), { nil: undefined });

type Bare = Omit<ProjectParameter, "name" | "place">;
const parameter: fc.Arbitrary<Bare> = fc.oneof(
  fc.record({ type: fc.constant("string" as const), default: fc.option(text, { nil: undefined }) }),
  fc.record({ type: fc.constantFrom("uri" as const, "path" as const) }),
  fc.uniqueArray(text, { minLength: 1, maxLength: 4 }).map((choices) => ({
    type: "string" as const,
    choices,
  })),
  fc.tuple(number, number, fc.boolean()).map(([one, other, isGiven]) => ({
    type: "float" as const,
    minimum: Math.min(one, other),
    maximum: Math.max(one, other),
    ...(isGiven ? { default: String(one) } : {}),
  })),
  fc.option(fc.integer(), { nil: undefined }).map((value) => ({
    type: "int" as const,
    default: value?.toString(),
  })),
).map((given) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Bare
);

const project: fc.Arbitrary<MlflowProject> = fc.record({
  names: fc.uniqueArray(name, { minLength: 1, maxLength: 4, selector: kebabCase }),
  parameters: fc.uniqueArray(fc.tuple(name, parameter, description, fc.nat(3)), {
    maxLength: 6,
    selector: ([own]) => kebabCase(own),
  }),
  descriptions: fc.array(description, { minLength: 4, maxLength: 4 }),
  needs: fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }),
}).map(({ names, parameters, descriptions, needs }) => ({
  file: "MLproject",
  name: "project",
  environment: { is: "python" },
  entryPoints: names.map((own, index): ProjectEntryPoint => {
    const mine = parameters.filter(([, , , owner]) => owner % names.length === index);
    return {
      name: own,
      command: ["x", ...mine.map(([hole]) => `{${hole}}`)].join(" "),
      parameters: mine.map(([name, bare, words]) => ({
        name,
        ...bare,
        ...(words === undefined ? {} : { description: words }),
        place,
      })),
      needs: needs[index]! < index ? [names[needs[index]!]!] : [],
      ...(descriptions[index] === undefined ? {} : { description: descriptions[index] }),
      place,
    };
  }),
}));

/** What TypeScript makes of the module: it is run. */
async function defined(project: MlflowProject, folder: string): Promise<PipelineDefinition> {
  const path = `${folder}/${crypto.randomUUID()}.ts`;
  const module = projectModule(project, { folderName: "x", text: "" });
  const written = writePipelineModule(module).replace(
    'from "sluice"',
    `from ${JSON.stringify(import.meta.resolve("../../mod.ts"))}`,
  );
  await Deno.writeTextFile(path, written);
  const { default: pipeline } = await import(`file://${path}`);
  return definitionOf(pipeline);
}

const exported = (definition: PipelineDefinition) =>
  readMlproject(exportedMlproject(definition, { python_env: "python_env.yaml" }), "MLproject", {
    hasPythonEnv: true,
    hasCondaEnv: false,
  });

/** What of a parameter counts. */
const meaning = ({ type, default: standard, minimum, maximum, choices, description }: ProjectParameter) => ({
  type: choices === undefined ? type : "string",
  standard: standard !== undefined && (type === "float" || type === "int") ? Number(standard) : standard,
  ...{ minimum, maximum, choices, description },
});

Deno.test("an MLproject is the same after a pipeline was made of it, and the pipeline after an MLproject was", async () => {
  const folder = await Deno.makeTempDir(memoryFolder === undefined ? {} : { dir: memoryFolder });
  try {
    await fc.assert(
      fc.asyncProperty(project, async (first) => {
        const definition = await defined(first, folder);
        const second = exported(definition);
        for (const { name, parameters, description, needs } of first.entryPoints) {
          const own = name === "main" ? "start" : name;
          const again = second.entryPoints.find((each) => each.name === own);
          assert.ok(again !== undefined, own);
          assert.equal(again.description, description);
          for (const each of parameters) {
            const same: ProjectParameter | undefined = again.parameters.find((other) =>
              other.name === each.name
            );
            assert.ok(same !== undefined, each.name);
            // A step before may make the file.
            const isLate = needs.length > 0 && each.type === "path";
            assert.deepEqual(meaning(same), meaning(isLate ? { ...each, type: "string" } : each));
          }
        }
        const back = await defined({ ...second, environment: { is: "python" } }, folder);
        assert.deepEqual(back.parameters, definition.parameters);
      }),
      { numRuns: 1000 },
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
