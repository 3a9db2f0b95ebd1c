/** What a place of a YAML file must hold, and the refusals where it does not: each throws PROJECT_FILE_INVALID. */
import { suggest } from "../core/suggest.ts";
import { refuseFile } from "./refuse_file.ts";
import type { YamlMap, YamlValue } from "./yaml_value.ts";

export const find = (map: YamlMap, key: string): YamlValue | undefined =>
  map.entries.find((entry) => entry.key.text === key)?.value;

/** `what` begins the sentence, as in "an MLproject has no key". */
export function refuseUnknown(map: YamlMap, known: readonly string[], file: string, what: string): void {
  const unknown = map.entries.find(({ key }) => !known.includes(key.text));
  if (unknown === undefined) return;
  const { key } = unknown;
  refuseFile(file, `${what} has no key \`${key.text.slice(0, 80)}\``, key, suggest(key.text, "Known", known));
}

export function asMap(value: YamlValue, file: string, what: string): YamlMap {
  return value.is === "map" ? value : refuseFile(file, `${what} is no map but ${describe(value)}`, value);
}

export function asList(value: YamlValue, file: string, what: string): readonly YamlValue[] {
  return value.is === "list"
    ? value.items
    : refuseFile(file, `${what} is no list but ${describe(value)}`, value);
}

/** As Python's `str()` has them; none of them is a list or a map. */
export const asTexts = (value: YamlValue, file: string, what: string): string[] =>
  asList(value, file, what).map((item) => {
    if (item.is === "list" || item.is === "map") refuseFile(file, `${what} holds ${describe(item)}`, item);
    return item.text;
  });

export function asText(value: YamlValue, file: string, what: string): string {
  return value.is === "text"
    ? value.text
    : refuseFile(file, `${what} is no text but ${describe(value)}`, value, "Put it in quotes");
}

export function asNumber(value: YamlValue, file: string, what: string): number {
  const number = value.is === "integer" || value.is === "float" ? Number(value.text) : NaN;
  return Number.isFinite(number)
    ? number
    : refuseFile(file, `${what} is no number but ${describe(value)}`, value);
}

/** The items of a list that may be left out, or be empty. */
export function itemsOf(value: YamlValue | undefined, file: string, name: string): readonly YamlValue[] {
  if (value === undefined || value.is === "null") return [];
  return value.is === "list" ? value.items : refuseFile(file, `\`${name}\` is no list`, value);
}

function describe(value: YamlValue): string {
  switch (value.is) {
    case "null":
      return "empty";
    case "list":
      return "a list";
    case "map":
      return "a map";
    case "time":
      return `the time \`${value.text}\``;
    default:
      return `the ${value.is} \`${value.text.slice(0, 80)}\``;
  }
}
