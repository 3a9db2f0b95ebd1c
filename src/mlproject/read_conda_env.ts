/** Reads a conda.yaml, by conda's own grammar of environment files. */
import type { CondaSpec } from "../core/environment.ts";
import { find, itemsOf, refuseUnknown } from "./expect_yaml.ts";
import { readProjectYaml } from "./read_project_yaml.ts";
import { refuseFile } from "./refuse_file.ts";
import { type Position, pythonText, type YamlValue } from "./yaml_value.ts";

export interface CondaEnv {
  readonly file: string;
  readonly channels: readonly string[];
  readonly packages: readonly CondaPackage[];
  /** Lines of a requirements.txt; `-r FILE` among them is relative to the project. */
  readonly pip: readonly string[];
  /** Of whoever runs in it. */
  readonly variables: Readonly<Record<string, string>>;
}

/** `channel::name=1.0.2=build` and its other spellings. */
export interface CondaPackage extends Position {
  /** As it stands. */
  readonly text: string;
  /** In lower case. */
  readonly name: string;
  /** Such as `=1.0.2`, `==1.0`, `>=1,<2`, `1.0.*`; undefined for any. */
  readonly version?: string;
}

const keys = ["name", "channels", "dependencies", "prefix", "variables", "platforms"];

/** `file` is named in failures, as the user would type it. Throws PROJECT_FILE_INVALID. */
export function readCondaEnv(text: string, file: string): CondaEnv {
  const root = readProjectYaml(text, file);
  if (root.is !== "map") return refuseFile(file, "it is no map with `dependencies`", root);
  refuseUnknown(root, keys, file, "a conda environment");
  const packages: CondaPackage[] = [];
  const pip: string[] = [];
  for (const item of itemsOf(find(root, "dependencies"), file, "dependencies")) {
    if (item.is === "map") {
      const [entry, ...others] = item.entries;
      if (entry?.key.text !== "pip" || others.length > 0) {
        refuseFile(file, "a map among `dependencies` is not that of `pip`", item, "Write `- pip: [NAME]`");
      }
      pip.push(...itemsOf(entry.value, file, "pip").map((line) => textOf(line, file, "pip")));
    } else packages.push(readPackage(textOf(item, file, "dependencies"), item, file));
  }
  return {
    file,
    channels: itemsOf(find(root, "channels"), file, "channels").map((item) => textOf(item, file, "channels")),
    packages,
    pip,
    variables: variablesOf(find(root, "variables"), file),
  };
}

/** As environments are asked for. */
export const condaSpec = ({ channels, packages, pip, variables }: CondaEnv): CondaSpec => ({
  kind: "conda",
  channels,
  packages: packages.map(({ text }) => text),
  pip,
  variables,
});

function variablesOf(value: YamlValue | undefined, file: string): Readonly<Record<string, string>> {
  if (value === undefined || value.is === "null") return {};
  if (value.is !== "map") return refuseFile(file, "`variables` is no map", value);
  return Object.fromEntries(value.entries.map(({ key, value }) => {
    const isName = /^[A-Za-z_][A-Za-z0-9_]*$/.test(key.text);
    if (!isName) refuseFile(file, `\`${key.text.slice(0, 80)}\` is no name of a variable`, key);
    return [key.text, pythonText(value)];
  }));
}

function textOf(value: YamlValue, file: string, name: string): string {
  if (value.is !== "text" || /[\n\0]/.test(value.text)) {
    refuseFile(file, `\`${name}\` holds what is no text`, value);
  }
  return value.text;
}

const operators = "==|=|>=|<=|!=|~=|>|<";
const bound = new RegExp(`^(?:${operators})?[0-9A-Za-z_.!+*|]+$`);

/** A channel and `::`, a name, a version after a space or an operator, a build after a space or a further `=`. */
function readPackage(text: string, at: Position, file: string): CondaPackage {
  const { line, column } = at;
  const [, name, rest] = /^(?:[^\s:]+::)?([A-Za-z0-9_][A-Za-z0-9_.-]*)(.*)$/.exec(text.trim()) ?? [];
  const [version = "", ...builds] = (rest ?? "").trim()
    .replace(/\s*,\s*/g, ",").replace(/([<>=!~])\s+/g, "$1").split(/\s+/);
  const withoutBuild = version.replace(/^(==?)?([^=<>!~,]+)=[^=,]*$/, "$1$2");
  const isWritten = withoutBuild === "" || withoutBuild.split(",").every((part) => bound.test(part));
  if (name === undefined || builds.length > 1 || !isWritten) {
    return refuseFile(
      file,
      `\`${text.slice(0, 80)}\` is no package with a version`,
      at,
      "Write it as `NAME=VERSION`",
    );
  }
  const isAny = ["", "*", "=*"].includes(withoutBuild);
  return { text, name: name.toLowerCase(), ...(isAny ? {} : { version: withoutBuild }), line, column };
}
