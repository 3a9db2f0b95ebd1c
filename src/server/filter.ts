/**
 * MLflow's filter language, as far as a step needs it over its own few runs and models: comparisons joined by AND,
 * such as `metrics.rmse < 0.5 AND tags.kind = 'fold' AND attributes.status IN ('FINISHED')`.
 */
import { TrackingError } from "../core/tracking.ts";

/** What a clause looks at: `attributes.status` is the field `status` of the `attributes`. */
export interface Searchable {
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
}
type Part = keyof Searchable;
type Value = string | number | undefined;

interface Clause {
  readonly part: Part;
  readonly key: string;
  readonly holds: (value: Value) => boolean;
}

const parts: Readonly<Record<string, Part>> = {
  attribute: "attributes",
  attributes: "attributes",
  attr: "attributes",
  run: "attributes",
  tag: "tags",
  tags: "tags",
  param: "params",
  params: "params",
  parameter: "params",
  parameters: "params",
  metric: "metrics",
  metrics: "metrics",
};

const name = String.raw`(?:(?<part>\w+)\.)?(?:\`(?<ticked>[^\`]+)\`|"(?<quoted>[^"]+)"|(?<plain>[\w.\-/]+))`;
const value = String.raw`(?<value>'[^']*'|"[^"]*"|-?[\d.]+(?:[eE][-+]?\d+)?|\([^()]*\))`;
const clausePattern = new RegExp(
  String.raw`^\s*${name}\s*(?<operator>!=|<=|>=|=|<|>|NOT\s+IN|IN|I?LIKE)\s*${value}\s*(?:AND\s|$)`,
  "i",
);
const orderPattern = new RegExp(String.raw`^\s*${name}(?:\s+(?<direction>ASC|DESC))?\s*$`, "i");

/** Whether an item passes. Throws INVALID_PARAMETER_VALUE for what is not of this language. */
export function parseFilter(text: string): (item: Searchable) => boolean {
  const clauses: Clause[] = [];
  for (let rest = text.trim(); rest !== "";) {
    const found = clausePattern.exec(rest);
    if (found?.groups === undefined) {
      throw new TrackingError(
        "INVALID_PARAMETER_VALUE",
        `Invalid filter '${text.slice(0, 500)}': the run's own server knows comparisons joined by AND`,
      );
    }
    const { part, key } = readName(found.groups);
    clauses.push({
      part,
      key,
      holds: comparison(found.groups["operator"] ?? "", found.groups["value"] ?? ""),
    });
    rest = rest.slice(found[0].length).trim();
  }
  return (item) => clauses.every(({ part, key, holds }) => holds(item[part][key]));
}

/** Compares items by `metrics.rmse ASC` and the like, the first entry first; what lacks the value comes last. */
export function parseOrder(entries: readonly string[]): (a: Searchable, b: Searchable) => number {
  const orders = entries.map((entry) => {
    const found = orderPattern.exec(entry);
    if (found?.groups === undefined) {
      throw new TrackingError("INVALID_PARAMETER_VALUE", `Invalid order_by '${entry.slice(0, 500)}'`);
    }
    return { ...readName(found.groups), isDescending: /desc/i.test(found.groups["direction"] ?? "") };
  });
  return (a, b) => {
    for (const { part, key, isDescending } of orders) {
      const left = a[part][key], right = b[part][key];
      const isLeftMissing = isMissing(left), isRightMissing = isMissing(right);
      if (isLeftMissing || isRightMissing) {
        if (isLeftMissing !== isRightMissing) return isLeftMissing ? 1 : -1;
        continue;
      }
      const order = left < right ? -1 : left > right ? 1 : 0;
      if (order !== 0) return isDescending ? -order : order;
    }
    return 0;
  };
}

const isMissing = (value: Value): value is undefined => value === undefined || Number.isNaN(value);

function readName(groups: Readonly<Record<string, string | undefined>>): { part: Part; key: string } {
  const key = groups["ticked"] ?? groups["quoted"] ?? groups["plain"] ?? "";
  const prefix = groups["part"];
  if (prefix === undefined) return { part: "attributes", key: attributeNames[key] ?? key };
  const part = parts[prefix.toLowerCase()];
  if (part === undefined) {
    throw new TrackingError("INVALID_PARAMETER_VALUE", `Invalid entity type '${prefix}' in a filter`);
  }
  return { part, key: part === "attributes" ? attributeNames[key] ?? key : key };
}

/** Older and shorter names of attributes. */
const attributeNames: Readonly<Record<string, string>> = {
  "run_uuid": "run_id",
  "Run ID": "run_id",
  "run name": "run_name",
  "Run name": "run_name",
  "created": "start_time",
};

function comparison(operator: string, literal: string): (value: Value) => boolean {
  const wanted = readLiteral(literal);
  switch (operator.toUpperCase().replace(/\s+/, " ")) {
    case "=":
      return (value) => value === wanted;
    case "!=":
      return (value) => value !== undefined && value !== wanted;
    case "<":
      return (value) => value !== undefined && value < wanted;
    case "<=":
      return (value) => value !== undefined && value <= wanted;
    case ">":
      return (value) => value !== undefined && value > wanted;
    case ">=":
      return (value) => value !== undefined && value >= wanted;
    case "IN":
      return (value) => readList(literal).includes(String(value));
    case "NOT IN":
      return (value) => value !== undefined && !readList(literal).includes(String(value));
    case "LIKE":
      return likeness(String(wanted), "s");
    default:
      return likeness(String(wanted), "si");
  }
}

const readLiteral = (literal: string): string | number =>
  /^['"]/.test(literal) ? literal.slice(1, -1) : Number(literal);
const readList = (literal: string): readonly string[] =>
  [...literal.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, single, double]) => single ?? double ?? "");

/** SQL's LIKE: `%` for any text, `_` for one character. */
function likeness(pattern: string, flags: string): (value: Value) => boolean {
  const text = pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("%", ".*").replaceAll("_", ".");
  const expression = new RegExp(`^${text}$`, flags);
  return (value) => value !== undefined && expression.test(String(value));
}
