/** What differs between two records of plain data. */
import { canonicalJson } from "../core/canonical_json.ts";

/** Each name under which they differ, sorted; undefined where one has none of that name. */
export function byName<T>(
  old: Readonly<Record<string, T>>,
  next: Readonly<Record<string, T>>,
): (readonly [name: string, old: T | undefined, next: T | undefined])[] {
  const names = [...new Set([...Object.keys(old), ...Object.keys(next)])].sort();
  return names.flatMap((name) => {
    const [a, b] = [ownValue(old, name), ownValue(next, name)];
    const isDifferent = !(Object.hasOwn(old, name) && Object.hasOwn(next, name) && isSame(a, b));
    return isDifferent ? [[name, a, b] as const] : [];
  });
}

const ownValue = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

/** Whether two parts of keys are the same, as canonical JSON. */
export const isSame = (a: unknown, b: unknown): boolean => a === b || canonicalJson(a) === canonicalJson(b);
