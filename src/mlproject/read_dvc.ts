/** Reads a dvc.yaml, as dvc 3 does: `foreach` and `matrix` as the stages that they stand for, templates filled. */
import { fillTemplates, mergeMaps, textOf } from "./dvc_template.ts";
import { asList, asMap, asText, find, itemsOf, refuseUnknown } from "./expect_yaml.ts";
import { readProjectYaml } from "./read_project_yaml.ts";
import { refuseFile } from "./refuse_file.ts";
import { resolveCore } from "./yaml_scalar.ts";
import type { YamlEntry, YamlMap, YamlScalar, YamlValue } from "./yaml_value.ts";

export interface DvcStage {
  /** `name`, or `name@item` of several. */
  readonly name: string;
  /** In the dvc.yaml, from 1. */
  readonly line: number;
  readonly description?: string;
  /** Texts of a shell, one after the other. */
  readonly commands: readonly string[];
  /** Relative to the dvc.yaml. */
  readonly folder: string;
  /** Relative to `folder`, as are all paths of it. */
  readonly needs: readonly string[];
  readonly outputs: readonly DvcOutput[];
  /** Files of parameters, with the names of those that it looks at; none are all. */
  readonly parameters: readonly { readonly file: string; readonly names: readonly string[] }[];
  readonly isFrozen: boolean;
  readonly isAlwaysChanged: boolean;
}

export interface DvcOutput {
  readonly path: string;
  readonly is: "metrics" | "output" | "plot";
  /** What is there before stays while the stage runs. */
  readonly isKept: boolean;
}

export interface DvcFile {
  readonly stages: readonly DvcStage[];
  /** Keys beside `stages` and `vars`, with the line of each. */
  readonly others: readonly { readonly key: string; readonly line: number }[];
}

const topKeys = ["stages", "vars", "params", "metrics", "plots", "artifacts", "datasets"];
const stageKeys = [
  ...["cmd", "wdir", "deps", "outs", "metrics", "plots", "params", "vars", "desc", "meta"],
  ...["frozen", "always_changed", "foreach", "do", "matrix"],
];
/** Of stages, together. */
const mostStages = 10_000;

/**
 * `read` gives the text of a file by its path relative to the dvc.yaml, undefined where there is none. Throws
 * PROJECT_FILE_INVALID.
 */
export function readDvc(text: string, file: string, read: (path: string) => string | undefined): DvcFile {
  const root = asMap(readProjectYaml(text, file, resolveCore), file, "the file");
  refuseUnknown(root, topKeys, file, "a dvc.yaml");
  const context = readVars(find(root, "vars"), file, read, beginning(read, root));
  const found = find(root, "stages");
  const stages = found === undefined ? [] : asMap(found, file, "`stages`").entries.flatMap((entry) => {
    const each = expand(entry, context, file);
    return each.map(({ name, definition, context }) =>
      readStage(name, entry, definition, context, file, read)
    );
  });
  if (stages.length > mostStages) refuseFile(file, `it has more than ${mostStages} stages`);
  return {
    stages,
    others: root.entries.filter(({ key }) => !["stages", "vars"].includes(key.text))
      .map(({ key }) => ({ key: key.text, line: key.line })),
  };
}

/** What `params.yaml` says counts without being named. */
function beginning(read: (path: string) => string | undefined, root: YamlMap): YamlMap {
  const text = read("params.yaml");
  const value = text === undefined ? undefined : readProjectYaml(text, "params.yaml", resolveCore);
  return value?.is === "map" ? value : { ...root, entries: [] };
}

function readVars(
  value: YamlValue | undefined,
  file: string,
  read: (path: string) => string | undefined,
  context: YamlMap,
): YamlMap {
  let all = context;
  for (const item of itemsOf(value, file, "vars")) {
    if (item.is === "map") {
      all = mergeMaps(all, item);
      continue;
    }
    const [path = "", names] = asText(item, file, "an item of `vars`").split(":");
    if (!/\.(ya?ml|json)$/.test(path)) {
      refuseFile(file, `\`${path}\` is no file of YAML or JSON`, item, "Write its values into a YAML file");
    }
    const text = read(path) ?? refuseFile(file, `it names \`${path}\`, which is not there`, item);
    const map = asMap(readProjectYaml(text, path, resolveCore), path, "the file");
    const entries = names === undefined
      ? map.entries
      : map.entries.filter(({ key }) => names.split(",").includes(key.text));
    all = mergeMaps(all, { ...map, entries });
  }
  return all;
}

interface Expanded {
  readonly name: string;
  readonly definition: YamlMap;
  readonly context: YamlMap;
}

function expand({ key, value }: YamlEntry, context: YamlMap, file: string): Expanded[] {
  const what = `stage "${key.text}"`;
  const map = asMap(value, file, what);
  refuseUnknown(map, stageKeys, file, what);
  const [foreach, matrix] = [find(map, "foreach"), find(map, "matrix")];
  const withItem = (name: string, definition: YamlMap, item: YamlValue, itemKey?: YamlScalar): Expanded => ({
    name: `${key.text}@${name}`,
    definition,
    context: mergeMaps({
      ...context,
      entries: context.entries.filter((entry) => !["item", "key"].includes(entry.key.text)),
    }, {
      ...context,
      entries: [
        { key: { ...key, is: "text", text: "item" }, value: item },
        ...(itemKey === undefined
          ? []
          : [{ key: { ...key, is: "text" as const, text: "key" }, value: itemKey }]),
      ],
    }),
  });
  if (foreach !== undefined) {
    const items = fillTemplates(foreach, context, file);
    const definition = asMap(
      find(map, "do") ?? refuseFile(file, `${what} has \`foreach\` without \`do\``, key),
      file,
      `\`do\` of ${what}`,
    );
    refuseUnknown(definition, stageKeys, file, `\`do\` of ${what}`);
    if (items.is === "map") {
      return items.entries.map((entry) =>
        withItem(entry.key.text, definition, entry.value, { ...entry.key, is: "text" })
      );
    }
    const list = asList(items, file, `\`foreach\` of ${what}`);
    const isPlain = list.every((item) => item.is !== "list" && item.is !== "map");
    return list.map((item, index) =>
      withItem(isPlain ? textOf(item, file) : String(index), definition, item)
    );
  }
  if (matrix !== undefined) {
    const axes = asMap(fillTemplates(matrix, context, file), file, `\`matrix\` of ${what}`).entries;
    const count = axes.reduce(
      (product, axis) => product * asList(axis.value, file, `\`matrix\` of ${what}`).length,
      1,
    );
    if (count > mostStages) refuseFile(file, `${what} stands for more than ${mostStages} stages`, key);
    const rows = axes.reduce<readonly { readonly name: string; readonly entries: readonly YamlEntry[] }[]>(
      (before, axis) =>
        before.flatMap(({ name, entries }) =>
          asList(axis.value, file, `\`matrix\` of ${what}`).map((item, index) => {
            const own = item.is === "list" || item.is === "map"
              ? `${axis.key.text}${index}`
              : textOf(item, file);
            return {
              name: name === "" ? own : `${name}-${own}`,
              entries: [...entries, { key: axis.key, value: item }],
            };
          })
        ),
      [{ name: "", entries: [] }],
    );
    return rows.map(({ name, entries }) =>
      withItem(name, map, { ...map, entries }, { ...key, is: "text", text: name })
    );
  }
  return [{ name: key.text, definition: map, context }];
}

function readStage(
  name: string,
  { key }: YamlEntry,
  definition: YamlMap,
  around: YamlMap,
  file: string,
  read: (path: string) => string | undefined,
): DvcStage {
  const what = `stage "${name}"`;
  const context = readVars(find(definition, "vars"), file, read, around);
  const get = (member: string) => {
    const value = find(definition, member);
    return value === undefined ? undefined : fillTemplates(value, context, file);
  };
  const text = (member: string) => {
    const value = get(member);
    return value === undefined || value.is === "null" ? undefined : textOf(value, file);
  };
  const truth = (member: string) => {
    const value = get(member);
    if (value === undefined) return false;
    return value.is === "boolean"
      ? value.text === "True"
      : refuseFile(file, `\`${member}\` of ${what} is neither true nor false`, value);
  };
  const command = get("cmd") ?? refuseFile(file, `${what} has no \`cmd\``, key);
  const commands = command.is === "list" ? command.items : [command];
  const description = text("desc");
  return {
    name,
    line: key.line,
    ...(description === undefined ? {} : { description }),
    commands: commands.map((each) => textOf(each, file)),
    folder: text("wdir") ?? ".",
    needs: itemsOf(get("deps"), file, "deps").map((item) => asText(item, file, `\`deps\` of ${what}`)),
    outputs: (["outs", "metrics", "plots"] as const).flatMap((member) =>
      itemsOf(get(member), file, member).map((item) => readOutput(item, member, file, what))
    ),
    parameters: itemsOf(get("params"), file, "params").flatMap((item) => readParameters(item, file)),
    isFrozen: truth("frozen"),
    isAlwaysChanged: truth("always_changed"),
  };
}

function readOutput(
  item: YamlValue,
  member: "metrics" | "outs" | "plots",
  file: string,
  what: string,
): DvcOutput {
  const is = { metrics: "metrics", outs: "output", plots: "plot" } as const;
  if (item.is !== "map") {
    return { path: asText(item, file, `\`${member}\` of ${what}`), is: is[member], isKept: false };
  }
  const [entry] = item.entries;
  if (entry === undefined) return refuseFile(file, `an item of \`${member}\` of ${what} is empty`, item);
  const kept = entry.value.is === "map" ? find(entry.value, "persist") : undefined;
  return { path: entry.key.text, is: is[member], isKept: kept?.is === "boolean" && kept.text === "True" };
}

/** A name of `params.yaml`, or files with the names in each. */
function readParameters(item: YamlValue, file: string): DvcStage["parameters"][number][] {
  if (item.is !== "map") return [{ file: "params.yaml", names: [textOf(item, file)] }];
  return item.entries.map(({ key, value }) => ({
    file: key.text,
    names: itemsOf(value, file, "params").map((name) => textOf(name, file)),
  }));
}
