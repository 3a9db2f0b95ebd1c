/** csv and jsonl by their rows, columns and cells. Rows are counted from 1, a header is none. */
import { type Closeness, closenessText } from "./closeness.ts";
import { type ByValue, type Found, quote, shorten } from "./comparison.ts";
import { findValueDifference, show } from "./compare_values.ts";
import { oneByOne, readCsvRows, readLines, TooLong } from "./read_lines.ts";

type Rows<T> = ReturnType<typeof oneByOne<T>>;

/** By cells: rows in their order, columns by their names. */
export function compareCsv(before: string, after: string, closeness: Closeness): Promise<ByValue> {
  return compareRows(oneByOne(readCsvRows(before)), oneByOne(readCsvRows(after)), closeness, async (a, b) => {
    const [left, right] = [await a.next() ?? [], await b.next() ?? []];
    const found = headerDifference(left, right);
    return found ?? ((one, other, row) => cellDifference(left, one, other, row, closeness));
  });
}

/** By members of each line. */
export function compareJsonLines(before: string, after: string, closeness: Closeness): Promise<ByValue> {
  return compareRows(
    oneByOne(readLines(before)),
    oneByOne(readLines(after)),
    closeness,
    () => Promise.resolve((one, other, row) => lineDifference(one, other, row, closeness)),
  );
}

type CompareRow<T> = (before: T, after: T, row: number) => Found | undefined;

async function compareRows<T>(
  before: Rows<T>,
  after: Rows<T>,
  closeness: Closeness,
  start: (before: Rows<T>, after: Rows<T>) => Promise<Found | CompareRow<T>>,
): Promise<ByValue> {
  try {
    const compare = await start(before, after);
    if (typeof compare !== "function") return { is: "different", found: compare };
    for (let row = 1;; row++) {
      const [one, other] = [await before.next(), await after.next()];
      if (one === undefined && other === undefined) return { is: "same", allowed: closenessText(closeness) };
      const found = one === undefined || other === undefined
        ? await lengthDifference(row, one === undefined ? after : before, one === undefined)
        : compare(one, other, row);
      if (found !== undefined) return { is: "different", found };
    }
  } catch (error) {
    if (error instanceof TooLong) return { is: "unreadable", because: "a row of it is too long" };
    throw error;
  } finally {
    await Promise.all([before.close(), after.close()]);
  }
}

/** `row` is the first of the longer one that the other has not, and has been read. */
async function lengthDifference<T>(row: number, longer: Rows<T>, isAfterLonger: boolean): Promise<Found> {
  let count = row;
  while (await longer.next() !== undefined) count++;
  const [before, after] = isAfterLonger ? [row - 1, count] : [count, row - 1];
  return { at: `row ${row}`, note: `${before} rows -> ${after} rows, the same as far as both go` };
}

function headerDifference(before: readonly string[], after: readonly string[]): Found | undefined {
  if (before.length === after.length && before.every((name, index) => name === after[index])) {
    return undefined;
  }
  const [gone, added] = [except(before, after), except(after, before)];
  const changes = [
    ...(gone.length === 0 ? [] : [`without ${namesOf(gone)}`]),
    ...(added.length === 0 ? [] : [`with ${namesOf(added)}`]),
  ];
  const note = changes.length === 0
    ? `the same in another order: ${namesOf(before)} -> ${namesOf(after)}`
    : changes.join(", ");
  return { at: "columns", note };
}

/** What of `names` is not among `others`, each as often as it is missing. */
function except(names: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const name of others) left.set(name, (left.get(name) ?? 0) + 1);
  return names.filter((name) => {
    const count = left.get(name) ?? 0;
    left.set(name, count - 1);
    return count <= 0;
  });
}

const namesOf = (names: readonly string[]): string =>
  names.slice(0, 8).map(quote).join(", ") + (names.length > 8 ? `, … (${names.length})` : "");

function cellDifference(
  header: readonly string[],
  before: readonly string[],
  after: readonly string[],
  row: number,
  closeness: Closeness,
): Found | undefined {
  const shared = Math.min(before.length, after.length);
  for (let index = 0; index < shared; index++) {
    const [one, other] = [before[index]!, after[index]!];
    const column = () => columnText(header[index], index);
    if (one === other || isSameCell(one, other, closeness, column)) continue;
    return { at: `row ${row}, ${column()}`, before: quoteCell(one), after: quoteCell(other) };
  }
  if (before.length === after.length) return undefined;
  return { at: `row ${row}`, note: `${before.length} cells -> ${after.length} cells` };
}

const columnText = (name: string | undefined, index: number): string =>
  name === undefined ? `cell ${index + 1}` : `column ${quote(name)}`;

const quoteCell = (cell: string): string => isNumeral(cell) ? shorten(cell) : quote(cell);

/** Digits that a number can hold, so that no other text is taken for one. */
const isNumeral = (cell: string): boolean =>
  cell.length <= 400 && /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(cell);
const isInteger = (cell: string): boolean => cell.length <= 400 && /^[+-]?\d+$/.test(cell);

/** By value: `1.0` and `1.00` are the same, `9007199254740993` and `9007199254740992` are not. */
function isSameCell(before: string, after: string, closeness: Closeness, at: () => string): boolean {
  const isExact = isInteger(before) && isInteger(after);
  if (isExact && BigInt(unsigned(before)) === BigInt(unsigned(after)) && signOf(before) === signOf(after)) {
    return true;
  }
  if (isExact && closeness.tolerance === undefined) return isZero(before) && isZero(after);
  const [one, other] = [numberOf(before), numberOf(after)];
  return one !== undefined && other !== undefined && closeness.isSame(one, other, at);
}

const unsigned = (integer: string): string => integer.replace(/^[+-]/, "");
const signOf = (integer: string): string => integer.startsWith("-") ? "-" : "+";
const isZero = (integer: string): boolean => /^[+-]?0+$/.test(integer);

/** As the writers of csv spell them; undefined for other text. */
function numberOf(cell: string): number | undefined {
  if (isNumeral(cell)) return Number(cell);
  const word = /^\s*([+-]?)(nan|inf|infinity)\s*$/i.exec(cell.slice(0, 40));
  if (word === null) return undefined;
  if (word[2]!.toLowerCase() === "nan") return NaN;
  return word[1] === "-" ? -Infinity : Infinity;
}

function lineDifference(
  before: string,
  after: string,
  row: number,
  closeness: Closeness,
): Found | undefined {
  if (before === after) return undefined;
  const [one, other] = [parse(before), parse(after)];
  if (one === undefined || other === undefined) {
    return { at: `row ${row}`, before: quote(before), after: quote(after), note: "not JSON" };
  }
  const found = findValueDifference(one.value, other.value, { closeness, at: memberText });
  if (found !== undefined) {
    return {
      ...found,
      at: [`row ${row}`, found.at].filter((part) => part !== "").join(", "),
    };
  }
  const [keys, others] = [keysOf(one.value), keysOf(other.value)];
  // Members in another order are the same value, but not the same table.
  if (keys.length === others.length && keys.every((key, index) => key === others[index])) return undefined;
  return closeness.tolerance === undefined
    ? { at: `row ${row}`, note: `columns in another order: ${namesOf(keys)} -> ${namesOf(others)}` }
    : undefined;
}

function parse(line: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(line) };
  } catch {
    return undefined;
  }
}

const keysOf = (value: unknown): string[] =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];

/** `.x[2]` is `column "x", [2]`. */
function memberText(path: string): string {
  const member = /^(?:\.([\w-]+…?)|\[(".*?[^\\]")\])(.*)$/s.exec(path);
  if (member === null) return path === "" ? "" : show(path);
  const name = member[1] === undefined ? member[2]! : quote(member[1]);
  return `column ${name}${member[3] === "" ? "" : `, ${member[3]!.replace(/^\./, "")}`}`;
}
