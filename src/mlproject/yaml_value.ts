/** Values of YAML files as PyYAML reads them, with where each stands. */
import { reprOfText } from "../core/python_repr.ts";

/** From 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** `text` is what Python's `str()` makes of the value. */
export type YamlScalar = Position & {
  readonly is: "null" | "boolean" | "integer" | "float" | "text" | "time";
  readonly text: string;
};
export type YamlList = Position & { readonly is: "list"; readonly items: readonly YamlValue[] };
export type YamlMap = Position & { readonly is: "map"; readonly entries: readonly YamlEntry[] };
export interface YamlEntry {
  readonly key: YamlScalar;
  readonly value: YamlValue;
}
export type YamlValue = YamlScalar | YamlList | YamlMap;

/** What Python's `str()` makes of any value: of lists and maps with `repr()` of what they hold. */
export function pythonText(value: YamlValue): string {
  switch (value.is) {
    case "list":
      return `[${value.items.map(pythonRepr).join(", ")}]`;
    case "map":
      return `{${
        value.entries.map(({ key, value }) => `${pythonRepr(key)}: ${pythonRepr(value)}`).join(", ")
      }}`;
    default:
      return value.text;
  }
}

const pythonRepr = (value: YamlValue): string =>
  value.is === "text"
    ? reprOfText(value.text)
    : value.is === "time"
    ? reprOfTime(value.text)
    : pythonText(value);

function reprOfTime(text: string): string {
  const [date, time] = text.split(" ");
  const numbers = date!.split("-").map(Number);
  if (time === undefined) return `datetime.date(${numbers.join(", ")})`;
  // Rare, and nobody's default: its parts as Python has them would need its time zones.
  return reprOfText(text);
}
