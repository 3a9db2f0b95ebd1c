/** Values as SQLite gives them, to ours. */
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";

export type Row = Readonly<Record<string, SQLOutputValue>>;
export type Value = SQLInputValue;

/** Text; empty where MLflow left NULL. */
export const text = (value: SQLOutputValue | undefined): string => value == null ? "" : String(value);

/** A number; 0 where MLflow left NULL. */
export const number = (value: SQLOutputValue | undefined): number => Number(value ?? 0);

/** The entries whose value is not NULL: for fields that may be absent. */
export function known<Field extends string, T>(
  field: Field,
  value: SQLOutputValue | undefined,
  read: (value: SQLOutputValue) => T,
): { [key in Field]?: T } {
  return value == null ? {} : { [field]: read(value) } as { [key in Field]?: T };
}
