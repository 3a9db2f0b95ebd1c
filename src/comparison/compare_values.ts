/** The first place at which two values differ. */
import type { Closeness } from "./closeness.ts";
import { type Found, quote, shorten } from "./comparison.ts";

interface Pair {
  readonly path: Path | undefined;
  readonly before: unknown;
  readonly after: unknown;
}
/** From the innermost member to the outermost. */
interface Path {
  readonly member: string | number;
  readonly above: Path | undefined;
}

export interface CompareValues {
  readonly closeness: Closeness;
  /** Members of the outermost value that do not count; those that differ are told. */
  readonly ignored?: ReadonlySet<string>;
  readonly onIgnored?: (member: string) => void;
  /** From a path such as `.x[3]` to where that is. */
  readonly at?: (path: string) => string;
}

/**
 * The first difference of two values as JSON or YAML gives them, members in the order of `before`; numbers as
 * `closeness` says. However deep they are, nothing recurses.
 */
export function findValueDifference(
  before: unknown,
  after: unknown,
  { closeness, ignored, onIgnored, at = (path) => path.replace(/^\./, "") }: CompareValues,
): Found | undefined {
  const open: Pair[] = [{ path: undefined, before, after }];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const { path } = pair;
    const where = () => at(pathText(path));
    if (isLeafSame(pair, closeness, where)) continue;
    const members = membersOf(pair.before, pair.after);
    if (members === undefined) return { at: where(), before: show(pair.before), after: show(pair.after) };
    const pairs: Pair[] = [];
    for (const member of members) {
      const below: Path = { member, above: path };
      const [a, b] = [memberOf(pair.before, member), memberOf(pair.after, member)];
      if (path === undefined && ignored?.has(String(member))) {
        if (findValueDifference(a, b, { closeness: exact }) !== undefined) onIgnored?.(String(member));
        continue;
      }
      // Told in its turn, after what comes before it.
      pairs.push({ path: below, before: a, after: b });
    }
    for (const below of pairs.reverse()) open.push(below);
  }
  return undefined;
}

const exact: Closeness = {
  tolerance: undefined,
  isSame: (a, b) => a === b || (Number.isNaN(a) && Number.isNaN(b)),
  largest: () => undefined,
};

/** Stands for a member that is not there. */
const absent = Symbol("absent");

function memberOf(value: unknown, member: string | number): unknown {
  return Object.hasOwn(value as object, member)
    ? (value as Record<string | number, unknown>)[member]
    : absent;
}

function isLeafSame({ before, after }: Pair, closeness: Closeness, at: () => string): boolean {
  if (Object.is(before, after)) return true;
  if (typeof before === "number" && typeof after === "number") return closeness.isSame(before, after, at);
  if (typeof before === "bigint" && typeof after === "bigint") {
    return before === after ||
      (closeness.tolerance !== undefined && closeness.isSame(Number(before), Number(after), at));
  }
  if (before instanceof Date && after instanceof Date) return Object.is(before.getTime(), after.getTime());
  return false;
}

/** Undefined when the two cannot be compared member by member. */
function membersOf(before: unknown, after: unknown): Iterable<string | number> | undefined {
  if (Array.isArray(before) && Array.isArray(after)) return indices(Math.max(before.length, after.length));
  if (before instanceof Uint8Array && after instanceof Uint8Array) {
    return indices(Math.max(before.length, after.length));
  }
  if (!isRecord(before) || !isRecord(after)) return undefined;
  return new Set([...Object.keys(before), ...Object.keys(after)]);
}

function* indices(length: number): Iterable<number> {
  for (let index = 0; index < length; index++) yield index;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  return !Array.isArray(value) && !(value instanceof Date) && !ArrayBuffer.isView(value);
}

/** `.folds[3]["a b"]`; empty for the whole. */
function pathText(path: Path | undefined): string {
  const parts: string[] = [];
  for (let at = path; at !== undefined; at = at.above) {
    const { member } = at;
    if (typeof member === "number") parts.push(`[${member}]`);
    else parts.push(/^[A-Za-z_][\w-]*$/.test(member) ? `.${shorten(member)}` : `[${quote(member)}]`);
  }
  return shorten(parts.reverse().join(""), 200);
}

/** Short, and in one line. */
export function show(value: unknown): string {
  if (value === absent || value === undefined) return "nothing";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "bigint" || typeof value === "boolean" || value === null) return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "no date" : value.toISOString();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  const keys = Object.keys(value as object);
  return shorten(`an object of ${keys.slice(0, 5).map((key) => shorten(key, 20)).join(", ") || "nothing"}`);
}
