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

const parts: ReadonlyMap<string, Part> = new Map([
  ["attribute", "attributes"],
  ["attributes", "attributes"],
  ["attr", "attributes"],
  ["run", "attributes"],
  ["tag", "tags"],
  ["tags", "tags"],
  ["param", "params"],
  ["params", "params"],
  ["parameter", "params"],
  ["parameters", "params"],
  ["metric", "metrics"],
  ["metrics", "metrics"],
]);

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
  return (item) => clauses.every(({ part, key, holds }) => holds(valueOf(item, part, key)));
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
      const left = valueOf(a, part, key), right = valueOf(b, part, key);
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

/** Nothing that every object has. */
const valueOf = (item: Searchable, part: Part, key: string): Value =>
  Object.hasOwn(item[part], key) ? item[part][key] : undefined;

const isMissing = (value: Value): value is undefined => value === undefined || Number.isNaN(value);

function readName(groups: Readonly<Record<string, string | undefined>>): { part: Part; key: string } {
  const key = groups["ticked"] ?? groups["quoted"] ?? groups["plain"] ?? "";
  const prefix = groups["part"];
  if (prefix === undefined) return { part: "attributes", key: attributeNames.get(key) ?? key };
  const part = parts.get(prefix.toLowerCase());
  if (part === undefined) {
    throw new TrackingError("INVALID_PARAMETER_VALUE", `Invalid entity type '${prefix}' in a filter`);
  }
  return { part, key: part === "attributes" ? attributeNames.get(key) ?? key : key };
}

/** Older and shorter names of attributes. */
const attributeNames: ReadonlyMap<string, string> = new Map([
  ["run_uuid", "run_id"],
  ["Run ID", "run_id"],
  ["run name", "run_name"],
  ["Run name", "run_name"],
  ["created", "start_time"],
]);

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
      return likeness(String(wanted), (text) => text);
    default:
      return likeness(String(wanted), (text) => text.toLowerCase());
  }
}

const readLiteral = (literal: string): string | number =>
  /^['"]/.test(literal) ? literal.slice(1, -1) : Number(literal);
const readList = (literal: string): readonly string[] =>
  [...literal.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, single, double]) => single ?? double ?? "");

/**
 * SQL's LIKE: `%` for any text, `_` for one character.
 *
 * Each piece between two `%` is looked for once, from where the one before it ended: a pattern of many `%` costs no more
 * than the text times the pattern.
 */
function likeness(pattern: string, fold: (text: string) => string): (value: Value) => boolean {
  const [first = "", ...others] = fold(pattern).split("%");
  const last = others.pop();
  return (value) => {
    if (value === undefined) return false;
    const text = fold(String(value));
    if (!fitsAt(text, 0, first)) return false;
    if (last === undefined) return text.length === first.length;
    let at = first.length;
    for (const piece of others) {
      at = find(text, at, piece);
      if (at < 0) return false;
      at += piece.length;
    }
    return at <= text.length - last.length && fitsAt(text, text.length - last.length, last);
  };
}

function find(text: string, from: number, piece: string): number {
  if (!piece.includes("_")) return text.indexOf(piece, from);
  for (let at = from; at + piece.length <= text.length; at++) if (fitsAt(text, at, piece)) return at;
  return -1;
}

function fitsAt(text: string, at: number, piece: string): boolean {
  if (at + piece.length > text.length) return false;
  for (let index = 0; index < piece.length; index++) {
    if (piece[index] !== "_" && piece[index] !== text[at + index]) return false;
  }
  return true;
}
