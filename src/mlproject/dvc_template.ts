/** The `${…}` of a dvc.yaml: what its vars and parameter files say, as dvc 3 resolves it. */
import { quoteWord } from "./fill_command.ts";
import { refuseFile } from "./refuse_file.ts";
import { pythonText, type YamlEntry, type YamlMap, type YamlValue } from "./yaml_value.ts";

const template = /(?<!\\)\$\{(.*?)\}/g;

/** As dvc writes a value into a text: truth in small letters, a map as options of a command. */
export function textOf(value: YamlValue, file: string): string {
  if (value.is === "boolean") return value.text.toLowerCase();
  if (value.is === "map") return optionsOf(value, file, "").join(" ");
  if (value.is === "list") refuseFile(file, "a list stands within a text", value);
  return pythonText(value);
}

function optionsOf({ entries }: YamlMap, file: string, before: string): string[] {
  return entries.flatMap(({ key, value }) => {
    const name = `--${before}${key.text}`;
    switch (value.is) {
      case "boolean":
        return value.text === "True" ? [name] : [];
      case "map":
        return optionsOf(value, file, `${before}${key.text}.`);
      case "list":
        return [name, ...value.items.map((item) => wordOf(item, file))];
      default:
        return [name, wordOf(value, file)];
    }
  });
}

const wordOf = (value: YamlValue, file: string): string =>
  value.is === "text" ? quoteWord(value.text) : textOf(value, file);

/** The value with its templates filled from `context`: a text that is one template alone is what that names. */
export function fillTemplates(value: YamlValue, context: YamlMap, file: string): YamlValue {
  switch (value.is) {
    case "list":
      return { ...value, items: value.items.map((item) => fillTemplates(item, context, file)) };
    case "map":
      return {
        ...value,
        entries: value.entries.map(({ key, value }) => ({
          key: { ...key, text: fillText(key.text, context, file, key) },
          value: fillTemplates(value, context, file),
        })),
      };
    case "text": {
      const whole = /^\$\{([^}]*)\}$/.exec(value.text)?.[1];
      if (whole !== undefined) return { ...findValue(whole, context, file, value), ...positionOf(value) };
      return { ...value, text: fillText(value.text, context, file, value) };
    }
    default:
      return value;
  }
}

const positionOf = ({ line, column }: YamlValue) => ({ line, column });

const fillText = (text: string, context: YamlMap, file: string, at: YamlValue): string =>
  text.replace(template, (_, path: string) => textOf(findValue(path, context, file, at), file))
    .replaceAll("\\${", "${");

function findValue(path: string, context: YamlMap, file: string, at: YamlValue): YamlValue {
  let value: YamlValue | undefined = context;
  for (const name of path.trim().replace(/\[([^\]]*)\]/g, ".$1").split(".")) {
    if (value?.is === "map") value = value.entries.find(({ key }) => key.text === name)?.value;
    else if (value?.is === "list") value = /^\d+$/.test(name) ? value.items[Number(name)] : undefined;
    else value = undefined;
    if (value === undefined) break;
  }
  return value ?? refuseFile(file, `nothing is named \`\${${path.slice(0, 80)}}\``, at, "Name it in `vars`");
}

/** `more` wins where both have a text; maps are merged. */
export function mergeMaps(base: YamlMap, more: YamlMap): YamlMap {
  const entries = new Map(base.entries.map((entry): [string, YamlEntry] => [entry.key.text, entry]));
  for (const entry of more.entries) {
    const before = entries.get(entry.key.text)?.value;
    const value = before?.is === "map" && entry.value.is === "map"
      ? mergeMaps(before, entry.value)
      : entry.value;
    entries.set(entry.key.text, { key: entry.key, value });
  }
  return { ...base, entries: [...entries.values()] };
}
