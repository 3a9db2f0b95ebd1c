/** The parameters of an entry point as options: by which names each can be set. */
import type { Reach, SettableParameter } from "../core/entry_point.ts";
import { kebabCase } from "../core/kebab_case.ts";
import type { Known } from "./read_arguments.ts";

/** A parameter, and how to name it on a command line. */
export interface ParameterOption {
  readonly parameter: SettableParameter;
  /** Without dashes, as help writes it; undefined when a flag of ours has each of its names. */
  readonly flag?: string;
}

/** What `--name` and `-P name=…` find. */
export interface ParameterOptions {
  readonly all: readonly ParameterOption[];
  /** By `-P`: an exact name, else a kebab form that is one parameter's only. */
  find(name: string): SettableParameter | undefined;
  /** By `--name`, `--no-name` for a boolean; a flag of ours is never found here. */
  findFlag(written: string): Known<SettableParameter> | undefined;
}

/** `taken` are the names of flags, which win over parameters. */
export function parameterOptions(reach: Reach, taken: ReadonlySet<string>): ParameterOptions {
  const names = nameTable(reach.parameters);
  const find = (name: string) => names.get(name);
  const findFlag = (written: string): Known<SettableParameter> | undefined => {
    if (!written.startsWith("--")) return undefined;
    const name = written.slice(2);
    if (taken.has(name)) return undefined;
    const parameter = names.get(name);
    if (parameter !== undefined) {
      return { of: parameter, takes: parameter.spec.type === "boolean" ? "boolean" : "value" };
    }
    const negated = name.startsWith("no-") ? names.get(name.slice(3)) : undefined;
    if (negated?.spec.type !== "boolean") return undefined;
    return { of: negated, takes: "boolean", isNegated: true };
  };
  const all = reach.parameters.map((parameter) => {
    const flag = namesOf(parameter).map(kebabCase).concat(namesOf(parameter)).find((name) =>
      !taken.has(name) && names.get(name) === parameter
    );
    return flag === undefined ? { parameter } : { parameter, flag };
  });
  return { all, find, findFlag };
}

/** The short name first. */
export const namesOf = ({ name, shortName }: SettableParameter): string[] =>
  shortName === undefined ? [name] : [shortName, name];

function nameTable(parameters: readonly SettableParameter[]): ReadonlyMap<string, SettableParameter> {
  const table = new Map<string, SettableParameter>();
  const kebabs = new Map<string, SettableParameter | "several">();
  for (const parameter of parameters) {
    for (const name of namesOf(parameter)) {
      table.set(name, parameter);
      const kebab = kebabCase(name);
      const other = kebabs.get(kebab) ?? parameter;
      kebabs.set(kebab, other === parameter ? parameter : "several");
    }
  }
  for (const [name, parameter] of kebabs) {
    if (parameter !== "several" && !table.has(name)) table.set(name, parameter);
  }
  return table;
}
