/**
 * Mlproject: MLproject files and what lies beside them, to and from our own values. This file: reads one, as
 * `mlflow/projects/_project_spec.py` of 3.17.2 does, with keys of our own beside MLflow's.
 *
 * What MLflow refuses is refused, and a key that neither knows as well.
 */
import type {
  MlflowProject,
  ProjectEntryPoint,
  ProjectEnvironment,
  ProjectParameter,
} from "../core/mlproject.ts";
import { inside, type Place } from "../core/place.ts";
import { suggest } from "../core/suggest.ts";
import { asList, asMap, asNumber, asText, asTexts, find, refuseUnknown } from "./expect_yaml.ts";
import { readProjectYaml } from "./read_project_yaml.ts";
import { refuseFile } from "./refuse_file.ts";
import { pythonText, type YamlEntry, type YamlMap, type YamlValue } from "./yaml_value.ts";

const environmentKeys = ["python_env", "conda_env", "docker_env"];
/** The last is for Databricks, and says nothing of a run here. */
const projectKeys = ["name", "entry_points", ...environmentKeys, "databricks_spark_job"];
const entryPointKeys = ["command", "parameters", "depends_on", "description"];
const parameterKeys = ["type", "default", "minimum", "maximum", "choices", "description"];
const dockerKeys = ["image", "volumes", "environment"];

/** Files beside an MLproject that names no environment, in the order in which MLflow takes them. */
export interface FilesBeside {
  readonly hasPythonEnv: boolean;
  readonly hasCondaEnv: boolean;
}

/** A folder without an MLproject: its scripts are its entry points. */
export const projectWithoutFile = (beside: FilesBeside): MlflowProject => ({
  environment: environmentBeside(beside),
  entryPoints: [],
});

/** `file` is named in failures, as the user would type it. Throws PROJECT_FILE_INVALID. */
export function readMlproject(text: string, file: string, beside: FilesBeside): MlflowProject {
  const root = asMap(readProjectYaml(text, file), file, "the file");
  refuseUnknown(root, projectKeys, file, "an MLproject");
  const name = find(root, "name");
  if (name !== undefined && /[\0\n]/.test(pythonText(name))) {
    refuseFile(file, "its name has a line end or a zero byte", name);
  }
  return {
    file,
    ...(name === undefined || name.is === "null" ? {} : { name: pythonText(name) }),
    environment: readEnvironment(root, file, beside),
    entryPoints: readEntryPoints(root, file),
  };
}

function readEntryPoints(root: YamlMap, file: string): ProjectEntryPoint[] {
  const found = find(root, "entry_points");
  if (found === undefined) return [];
  const entryPoints = asMap(found, file, "`entry_points`").entries.map((entry) =>
    readEntryPoint(entry, file)
  );
  for (const { name, needs, place } of entryPoints) {
    for (const need of needs) {
      if (entryPoints.some((other) => other.name === need)) continue;
      const names = entryPoints.map((other) => other.name);
      refuseAt(
        file,
        place,
        `entry point "${name}" depends on "${need}", which is not there`,
        suggest(need, "Known", names),
      );
    }
  }
  return entryPoints;
}

function readEntryPoint({ key, value }: YamlEntry, file: string): ProjectEntryPoint {
  const name = key.text;
  const what = `entry point "${name}"`;
  const place = inside({ file, line: key.line, column: key.column }, what);
  if (/[/\0\n]/.test(name)) {
    refuseAt(file, place, `an entry point's name has a slash, a line end or a zero byte`);
  }
  const map = asMap(value, file, what);
  refuseUnknown(map, entryPointKeys, file, what);
  const command = find(map, "command");
  const parameters = find(map, "parameters");
  const needs = find(map, "depends_on");
  return {
    name,
    ...(command === undefined || command.is === "null"
      ? {}
      : { command: asText(command, file, `the command of ${what}`) }),
    parameters: parameters === undefined ? [] : asMap(parameters, file, `\`parameters\` of ${what}`).entries
      .map((entry) => readParameter(entry, file, place)),
    needs: needs === undefined ? [] : [...new Set(asTexts(needs, file, `\`depends_on\` of ${what}`))],
    ...describedBy(map),
    place,
  };
}

function readParameter({ key, value }: YamlEntry, file: string, within: Place): ProjectParameter {
  const name = key.text;
  const place = inside({ ...within, line: key.line, column: key.column }, `parameter "${name}"`);
  // The short form: `alpha: float`.
  if (value.is === "text") return { name, type: typeNamed(value.text), place };
  if (value.is !== "map") {
    refuseAt(
      file,
      place,
      `parameter "${name}" is neither a type nor a map`,
      "Write `alpha: {type: float, default: 0.5}`",
    );
  }
  const map = withSpaces(value);
  refuseUnknown(map, parameterKeys, file, `parameter "${name}"`);
  const given = (member: string) => {
    const found = find(map, member);
    return found === undefined || found.is === "null" ? undefined : found;
  };
  const type = given("type");
  const standard = given("default");
  const [minimum, maximum] = [given("minimum"), given("maximum")];
  const choices = given("choices");
  const number = (bound: YamlValue | undefined, member: string) =>
    bound === undefined ? {} : { [member]: asNumber(bound, file, `\`${member}\` of parameter "${name}"`) };
  return {
    name,
    type: type === undefined ? "string" : typeNamed(pythonText(type)),
    ...(standard === undefined ? {} : { default: pythonText(standard) }),
    ...number(minimum, "minimum"),
    ...number(maximum, "maximum"),
    ...(choices === undefined
      ? {}
      : { choices: asTexts(choices, file, `\`choices\` of parameter "${name}"`) }),
    ...describedBy(map),
    place,
  };
}

function describedBy(map: YamlMap): { readonly description?: string } {
  const found = find(map, "description");
  return found === undefined || found.is === "null" ? {} : { description: pythonText(found) };
}

/** `{type:float}` lacks a space, so that YAML takes all of it for a key; MLflow passes over it. */
function withSpaces(map: YamlMap): YamlMap {
  const entries = map.entries.map((entry): YamlEntry => {
    const { key, value } = entry;
    const at = key.text.indexOf(":");
    if (at < 0 || value.is !== "null" || !parameterKeys.includes(key.text.slice(0, at))) return entry;
    return {
      key: { ...key, text: key.text.slice(0, at) },
      value: { ...value, is: "text", text: key.text.slice(at + 1) },
    };
  });
  return { ...map, entries };
}

/** MLflow takes a type that it does not know for a text. */
function typeNamed(type: string): ProjectParameter["type"] {
  switch (type) {
    case "integer":
    case "int":
      return "int";
    case "bool":
    case "boolean":
      return "boolean";
    case "float":
    case "path":
    case "uri":
      return type;
    default:
      return "string";
  }
}

function readEnvironment(root: YamlMap, file: string, beside: FilesBeside): ProjectEnvironment {
  const named = root.entries.filter(({ key }) => environmentKeys.includes(key.text));
  const [first, second] = named;
  if (second !== undefined) {
    refuseFile(
      file,
      `it names two environments: \`${first!.key.text}\` and \`${second.key.text}\``,
      second.key,
      "Keep one",
    );
  }
  if (first === undefined || isFalse(first.value)) return environmentBeside(beside);
  const what = `\`${first.key.text}\``;
  switch (first.key.text) {
    case "python_env":
      return { is: "python", file: asText(first.value, file, what) };
    case "conda_env":
      return { is: "conda", file: asText(first.value, file, what) };
    default:
      return readDocker(asMap(first.value, file, what), file);
  }
}

const environmentBeside = ({ hasPythonEnv, hasCondaEnv }: FilesBeside): ProjectEnvironment =>
  hasPythonEnv
    ? { is: "python", file: "python_env.yaml" }
    : hasCondaEnv
    ? { is: "conda", file: "conda.yaml" }
    : { is: "python" };

function readDocker(map: YamlMap, file: string): ProjectEnvironment {
  refuseUnknown(map, dockerKeys, file, "`docker_env`");
  const image = find(map, "image");
  if (image === undefined || isFalse(image)) {
    refuseFile(file, "`docker_env` names no image", map, "Write `docker_env: {image: NAME}`");
  }
  const [volumes, environment] = [find(map, "volumes"), find(map, "environment")];
  return {
    is: "docker",
    image: asText(image, file, "`image`"),
    volumes: volumes === undefined || isFalse(volumes) ? [] : asTexts(volumes, file, "`volumes`"),
    environment: environment === undefined || isFalse(environment)
      ? []
      : asList(environment, file, "`environment`").map((item) => readVariable(item, file)),
  };
}

function readVariable(item: YamlValue, file: string): string | readonly [string, string] {
  if (item.is === "text") return item.text;
  if (item.is === "list" && item.items.length === 2) {
    return [pythonText(item.items[0]!), pythonText(item.items[1]!)];
  }
  return refuseFile(
    file,
    "an item of `environment` is neither a name nor a name with its value",
    item,
    'Write `environment: [["NAME", "value"], "NAME_OF_THE_MACHINE"]`',
  );
}

/** What Python takes for false: MLflow then goes on as if it were not there. */
const isFalse = (value: YamlValue): boolean =>
  value.is === "list"
    ? value.items.length === 0
    : value.is === "map"
    ? value.entries.length === 0
    : ["None", "False", "0", "0.0", ""].includes(value.text) && (value.is !== "text" || value.text === "");

function refuseAt(file: string, { line = 1, column = 1 }: Place, what: string, hint?: string): never {
  return refuseFile(file, what, { line, column }, hint);
}
