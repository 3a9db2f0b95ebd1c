/** An MLflow project as the module of a pipeline that does the same. */
import { unwrap } from "../core/error.ts";
import type { MlflowProject, ProjectEntryPoint } from "../core/mlproject.ts";
import { declaredParameters } from "./project_arguments.ts";
import { findClosure } from "./project_closure.ts";
import { readTemplate } from "./fill_command.ts";
import {
  type ModuleEnvironment,
  type ModuleParameter,
  type ModuleStep,
  type ModuleWord,
  type PipelineModule,
  type StepParameter,
} from "./pipeline_module.ts";
import type { PythonEnv } from "./read_python_env.ts";
import { refuseFile } from "./refuse_file.ts";
import { shellCommand, type ShellPart } from "./shell_command.ts";
import { schemaOf } from "./parameter_schema.ts";
import { schemaCode } from "./step_code.ts";
import { nameOf } from "./typescript_text.ts";

/** What lies beside the MLproject. */
export interface ProjectSurroundings {
  /** For a project without a name. */
  readonly folderName: string;
  /** Of its python_env. */
  readonly pythonEnv?: PythonEnv;
  /** What of its conda_env is taken from PyPI instead, and why. */
  readonly pypi?: { readonly env: PythonEnv; readonly why: string };
  /** The text of the MLproject, to find lines in. */
  readonly text: string;
}

/** The name that the step of `main` has, which is a word of our command line. */
const mainStep = "start";

/** Throws PROJECT_FILE_INVALID for what depends on itself, and for an entry point without a command that can be read. */
export function projectModule(project: MlflowProject, around: ProjectSurroundings): PipelineModule {
  const file = project.file ?? "MLproject";
  const order = inOrder(project);
  if (order.length === 0) refuseFile(file, "it has no entry points");
  const taken = new Set(["main", "help"]);
  const names = new Map(
    order.map(({ name }) => [name, nameOf(name === "main" ? mainStep : name, "step", taken)]),
  );
  const environment = moduleEnvironment(project, around, file);
  const lowered = order.map((entryPoint) => lowerEntryPoint(entryPoint, project, names, file));
  const { parameters, steps, notes } = shareParameters(lowered);
  const results = resultsOf(order, names.get("main"));
  const returned = results.entryPoints.map(({ name }) => names.get(name)!);
  return {
    name: nameOf(project.name ?? around.folderName, "project", new Set()),
    origin: file,
    notes: [
      ...differences,
      ...results.notes,
      ...environment.notes,
      ...notes,
      ...leftOut(around.text, file),
    ],
    environment: environment.environment,
    parameters,
    steps,
    results: returned,
  };
}

const differences = [
  "Commands run in this folder and may write to it, with the network open, as `mlflow run` runs them; what else the user can reach they do not see, nor variables of the caller: `permissions` names what they do.",
  "Parameters are those below: others, which `mlflow run` appends to a command, are refused.",
];

function inOrder(project: MlflowProject): readonly ProjectEntryPoint[] {
  return [
    ...new Set(project.entryPoints.flatMap((entryPoint) => unwrap(findClosure(project, entryPoint)))),
  ];
}

/** What a run without an entry point runs. */
function resultsOf(
  order: readonly ProjectEntryPoint[],
  name: string | undefined,
): { readonly entryPoints: readonly ProjectEntryPoint[]; readonly notes: readonly string[] } {
  const main = order.find(({ name }) => name === "main");
  if (main !== undefined) {
    return {
      entryPoints: [main],
      notes: [`Its entry point \`main\` is the step \`${name}\`, which runs when none is named.`],
    };
  }
  const needed = new Set(order.flatMap(({ needs }) => needs));
  const last = order.filter(({ name }) => !needed.has(name));
  const notes = last.length === 1
    ? []
    : ["It has no entry point `main`: when none is named, all run; `mlflow run` asks for one."];
  return { entryPoints: last, notes };
}

const at = (file: string, line: number | undefined): string => line === undefined ? file : `${file}:${line}`;

/** Keys that say nothing here, with the line of each. */
function leftOut(text: string, file: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    const key = /^(databricks_spark_job)\s*:/.exec(line)?.[1];
    return key === undefined ? [] : [`${at(file, index + 1)}: \`${key}\` is left out: it is for Databricks.`];
  });
}

interface FoundEnvironment {
  readonly environment: ModuleEnvironment;
  readonly notes: readonly string[];
}

function moduleEnvironment(
  { environment }: MlflowProject,
  { pythonEnv, pypi, text }: ProjectSurroundings,
  file: string,
): FoundEnvironment {
  switch (environment.is) {
    case "conda":
      if (pypi !== undefined) {
        const { python, requirements } = pypi.env;
        const version = python === undefined ? {} : { version: python };
        const note = `The packages of ${environment.file} are taken from PyPI ${pypi.why}: \`conda({ file: ${
          JSON.stringify(environment.file)
        } })\` has conda's own.`;
        return { environment: { is: "python", ...version, requirements }, notes: [note] };
      }
      return { environment: { is: "conda", file: environment.file }, notes: [] };
    case "docker": {
      if (!/^[A-Za-z0-9][\w./:@-]*$/.test(environment.image)) {
        refuseFile(file, `\`${environment.image.slice(0, 80)}\` is no name of an image`);
      }
      const line = lineOf(text, "volumes");
      const notes = environment.volumes.map((volume) =>
        `${at(file, line)}: the volume \`${volume}\` is not mounted: name what it holds in \`permissions\`.`
      );
      return { environment: { is: "docker", image: environment.image }, notes };
    }
    case "python": {
      const { python, requirements = [] } = pythonEnv ?? {};
      const isVersion = python === undefined || /^\d+(\.\d+){0,2}$/.test(python);
      const notes = isVersion
        ? []
        : [`${environment.file}: Python \`${python}\` is no one version: the newest that is found is taken.`];
      const version = python !== undefined && isVersion ? { version: python } : {};
      return {
        environment: {
          is: "python",
          ...version,
          requirements: requirements.filter((line) => line.trim() !== ""),
        },
        notes,
      };
    }
  }
}

function lineOf(text: string, key: string): number | undefined {
  const found = text.split("\n").findIndex((line) => new RegExp(`^\\s*${key}\\s*:`).test(line));
  return found < 0 ? undefined : found + 1;
}

interface Lowered {
  readonly entryPoint: ProjectEntryPoint;
  readonly step: Omit<ModuleStep, "parameters">;
  readonly parameters: readonly Omit<StepParameter, "from">[];
}

function lowerEntryPoint(
  entryPoint: ProjectEntryPoint,
  { environment }: MlflowProject,
  names: ReadonlyMap<string, string>,
  file: string,
): Lowered {
  const { place: { line }, needs, description } = entryPoint;
  const name = names.get(entryPoint.name)!;
  const notes: string[] = [];
  if (name !== entryPoint.name && entryPoint.name !== "main") {
    notes.push(
      `${at(file, line)}: entry point \`${entryPoint.name}\` has a name that no step can have.`,
    );
  }
  const { command } = entryPoint;
  const template = command === undefined ? "it has no command" : readTemplate(command);
  if (typeof template === "string") {
    const what = command === undefined ? template : `in its command ${template}`;
    return refuseFile(
      file,
      `entry point "${entryPoint.name}" cannot be run: ${what}`,
      line === undefined ? undefined : { line, column: entryPoint.place.column ?? 1 },
    );
  }
  const taken = new Set<string>();
  const parameters = declaredParameters(entryPoint).map((parameter) => {
    const schema = schemaOf(parameter, needs.length > 0);
    notes.push(...schema.notes.map((note) => `${at(file, parameter.place.line ?? line)}: ${note}`));
    return { asked: parameter.name, name: nameOf(parameter.name, "value", taken), schema: schema.schema };
  });
  for (const { asked, name } of parameters) {
    if (asked !== name) {
      notes.push(`${at(file, line)}: parameter \`${asked}\` has a name that no parameter can have.`);
    }
  }
  const renamed = new Map(parameters.map(({ asked, name }) => [asked, name]));
  const parts = template.map((part): ShellPart => {
    if (part.is === "text") return part;
    if (part.width > 0 || part.precision !== undefined) {
      notes.push(
        `${at(file, line)}: the hole of \`${part.name}\` padded or cut the value; here it does not.`,
      );
    }
    return { is: "hole", name: renamed.get(part.name)! };
  });
  const { words, quoted } = shellCommand(joined(parts));
  for (const hole of quoted) {
    notes.push(
      `${
        at(file, line)
      }: \`${hole}\` stands within quotes, where MLflow adds quotes of its own; here it does not.`,
    );
  }
  const variables = environment.is === "docker" ? environment.environment : [];
  const set = variables.filter((variable) => typeof variable !== "string");
  return {
    entryPoint,
    parameters: parameters.map(({ name, schema }) => ({ name, schema })),
    step: {
      name,
      ...(description === undefined ? {} : { description }),
      notes,
      inputs: [],
      outputs: [],
      permissions: {
        net: true,
        write: ["."],
        env: variables.filter((variable) => typeof variable === "string"),
      },
      command: set.length === 0 ? words : [...withVariables(set), ...words],
      after: needs.map((need) => names.get(need)!),
    },
  };
}

const withVariables = (set: readonly (readonly [name: string, value: string])[]): ModuleWord[] =>
  ["env", ...set.map(([name, value]) => `${name}=${value}`)].map((text) => [{ is: "text", text }]);

function joined(parts: readonly ShellPart[]): ShellPart[] {
  const all: ShellPart[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (last?.is === "text" && part.is === "text") {
      all[all.length - 1] = { is: "text", text: last.text + part.text };
    } else all.push(part);
  }
  return all;
}

/** What several entry points name alike is one parameter of the pipeline, as `-P` reaches each that names it. */
function shareParameters(
  lowered: readonly Lowered[],
): {
  readonly parameters: readonly ModuleParameter[];
  readonly steps: readonly ModuleStep[];
  readonly notes: readonly string[];
} {
  const shared = new Map<string, ModuleParameter & { readonly code: string }>();
  const taken = new Set<string>();
  const notes: string[] = [];
  const steps = lowered.map(({ step, parameters }): ModuleStep => ({
    ...step,
    parameters: parameters.map(({ name, schema }): StepParameter => {
      const { description: _, ...bare } = schema;
      const code = schemaCode(bare);
      const known = shared.get(name);
      if (known === undefined) {
        const own = nameOf(name, "value", taken);
        shared.set(name, { name: own, step: step.name, parameter: name, code });
        return { name, schema, from: own };
      }
      if (known.code === code) return { name, schema, from: known.name };
      if (schema.default !== undefined) {
        notes.push(
          `\`${name}\` of \`${step.name}\` is other than that before: \`${step.name}.${name}\` sets it.`,
        );
        return { name, schema };
      }
      const own = nameOf(`${step.name}_${name}`, "value", taken);
      notes.push(`\`${name}\` of \`${step.name}\` is other than that before: \`${own}\` sets it.`);
      shared.set(own, { name: own, step: step.name, parameter: name, code });
      return { name, schema, from: own };
    }),
  }));
  return {
    parameters: [...shared.values()].map(({ name, step, parameter }) => ({ name, step, parameter })),
    steps,
    notes,
  };
}
