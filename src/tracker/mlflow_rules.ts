/** What MLflow accepts as keys and values, in its own words: `mlflow/utils/validation.py` of 3.17.2. */
import { reprOfText } from "../core/python_repr.ts";
import type { DatasetInput, LoggedParameter, Metric, Tag } from "../core/tracking.ts";
import { TrackingError } from "../core/tracking.ts";

/** In characters. */
const limits = { key: 250, parameterValue: 6000, tagValue: 8000, experimentName: 500, alias: 255 };
const experimentTagLimits = { key: 250, value: 20_000 };
const registryTagLimits = { key: 250, value: 100_000 };
const datasetLimits = { name: 500, digest: 36, source: 65_535, schema: 1_048_575, profile: 16_777_215 };
const inputTagLimits = { key: 255, value: 500 };

const characters = "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), " +
  "spaces ( ), colon(:) and slashes (/).";

/** Throws INVALID_PARAMETER_VALUE, as all checks here do. */
export function refuseValue(message: string): never {
  throw new TrackingError("INVALID_PARAMETER_VALUE", message);
}

/** Each key is checked once: there may be a million points of it. */
export function checkMetrics(metrics: readonly Metric[]): void {
  const known = new Set<string>();
  for (const [index, metric] of metrics.entries()) {
    const { key, timestamp, step } = metric;
    if (known.has(key) && Number.isSafeInteger(step) && Number.isSafeInteger(timestamp) && timestamp >= 0) {
      continue;
    }
    checkMetric(metric, `metrics[${index}]`);
    known.add(key);
  }
}

function checkMetric({ key, value, timestamp, step }: Metric, path: string): void {
  checkName(key, `${path}.name`);
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
    refuseValue(invalid(
      `${path}.timestamp`,
      timestamp,
      `metric '${key}' (value=${value}). ` +
        "Timestamp must be a nonnegative long (64-bit integer) ",
    ));
  }
  if (!Number.isSafeInteger(step)) {
    refuseValue(invalid(
      `${path}.step`,
      step,
      `metric '${key}' (value=${value}). ` +
        "Step must be a valid long (64-bit integer).",
    ));
  }
  checkLength("Metric name", limits.key, key);
}

/** A longer value is cut, as MLflow does unless MLFLOW_TRUNCATE_LONG_VALUES is false. */
export function checkParameter({ key, value }: LoggedParameter, path: string): LoggedParameter {
  checkName(key, `${path}.key`);
  checkLength("Param key", limits.key, key);
  return { key, value: cut(value, limits.parameterValue) };
}

/** Throws INVALID_PARAMETER_VALUE for a key that stands twice. */
export function checkParameterKeysUnique(parameters: readonly LoggedParameter[]): void {
  const seen = new Set<string>();
  const twice = parameters.map(({ key }) => key).filter((key) => seen.has(key) || !seen.add(key));
  if (twice.length > 0) {
    refuseValue(
      `Duplicate parameter keys have been submitted: [${twice.map(reprOfText).join(", ")}]. ` +
        "Please ensure the request contains only one param value per param key.",
    );
  }
}

/** A longer value is cut. */
export function checkTag({ key, value }: Tag, path: string): Tag {
  checkName(key, `${path}.key`);
  checkLength(`${path}.key`, limits.key, key);
  return { key, value: cut(value, limits.tagValue) };
}

/** Throws INVALID_PARAMETER_VALUE. */
export function checkExperimentName(name: string): void {
  if (name === "") refuseValue("Invalid experiment name: ''");
  checkLength("name", limits.experimentName, name);
}

/** Throws INVALID_PARAMETER_VALUE. */
export const checkExperimentTag = (tag: Tag): void => checkWholeTag(tag, experimentTagLimits);
/** Of registered models and their versions. */
export const checkRegistryTag = (tag: Tag): void => checkWholeTag(tag, registryTagLimits);

/** Throws INVALID_PARAMETER_VALUE. */
export function checkDatasetInput({ dataset, tags }: DatasetInput): void {
  for (const field of ["name", "digest", "source", "schema", "profile"] as const) {
    checkLength(field, datasetLimits[field], dataset[field] ?? "");
  }
  for (const tag of tags) {
    checkLength("key", inputTagLimits.key, tag.key);
    checkLength("value", inputTagLimits.value, tag.value);
  }
}

/** Throws INVALID_PARAMETER_VALUE. */
export function checkLoggedModelName(name: string): void {
  if (name === "" || /[/:.%"']/.test(name)) {
    refuseValue(
      `Invalid model name (${reprOfText(name)}) provided. Model name must be a non-empty string ` +
        `and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
    );
  }
}

/** Throws INVALID_PARAMETER_VALUE. */
export function checkRegisteredModelName(name: string): void {
  if (name.trim() === "") refuseValue("Missing value for required parameter 'name'.");
  if (/[/:]/.test(name)) refuseValue(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`);
  checkPath(name, "name");
}

/** The number that `version` says. */
export function checkVersion(version: string): number {
  return /^\s*[+-]?\d+\s*$/.test(version)
    ? Number(version)
    : refuseValue(`Parameter 'version' must be an integer, got '${version}'.`);
}

/** Throws INVALID_PARAMETER_VALUE. */
export function checkAlias(alias: string): void {
  if (alias === "") refuseValue("Registered model alias name cannot be empty.");
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias)) {
    refuseValue(
      `Invalid alias name: '${alias}'. ` +
        "Names may only contain alphanumerics, underscores (_), and dashes (-).",
    );
  }
  checkLength("Registered model alias name", limits.alias, alias);
}

/** Throws INVALID_PARAMETER_VALUE for `latest` and names of versions. */
export function checkAliasNotReserved(alias: string): void {
  if (alias.toLowerCase() === "latest") refuseValue("'latest' alias name (case insensitive) is reserved.");
  if (/^[vV]\d+$/.test(alias)) refuseValue(`Version alias name '${alias}' is reserved.`);
}

function checkWholeTag({ key, value }: Tag, most: { readonly key: number; readonly value: number }): void {
  checkName(key, "key");
  checkLength("key", most.key, key);
  checkLength("value", most.value, value);
}

/** Names that are right: programs log the same few again and again. */
const knownNames = new Set<string>();
const mostNames = 1000;

function checkName(name: string, path: string): void {
  if (knownNames.has(name)) return;
  if (!/^[/\p{L}\p{N}_.\- :]*$/u.test(name)) refuseValue(invalid(path, name, characters));
  checkPath(name, path);
  if (knownNames.size < mostNames) knownNames.add(name);
}

/** Refuses what another path stands for, such as `a//b` and `../a`. */
function checkPath(name: string, path: string): void {
  const normal = normalPath(name);
  if (normal === name && name !== "." && !name.startsWith("..") && !name.startsWith("/")) return;
  refuseValue(invalid(
    path,
    name,
    "Names may be treated as files in certain cases, and must not resolve to " +
      `other names when treated as such. This name would resolve to ${reprOfText(normal)}`,
  ));
}

/** Python's `posixpath.normpath`. */
function normalPath(name: string): string {
  const isAbsolute = name.startsWith("/");
  const kept: string[] = [];
  for (const segment of name.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment !== ".." || kept.at(-1) === ".." || kept.length === 0 && !isAbsolute) kept.push(segment);
    else kept.pop();
  }
  return (isAbsolute ? "/" : "") + kept.join("/") || ".";
}

function checkLength(what: string, most: number, value: string): void {
  // A UTF-16 length within the limit needs no count of the characters.
  if (value.length > most && [...value].length > most) {
    refuseValue(`'${what}' exceeds the maximum length of ${most} characters`);
  }
}

const cut = (value: string, most: number) => value.length > most ? [...value].slice(0, most).join("") : value;

/** JSON as Python's `json.dumps` writes it. */
function invalid(path: string, value: string | number, message: string): string {
  const json = JSON.stringify(value).replace(
    /[\x7f-\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `Invalid value ${json} for parameter '${path}' supplied: ${message}`;
}
