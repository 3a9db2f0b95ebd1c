/**
 * Terminal: command-line arguments in, lines out.
 *
 * This file: what a command takes, as a table. Parsing, `--help`, completion and docs/cli.md are made from it.
 */

/** What an option's value is, for checking it and for completion. */
export type ValueSpec =
  | { readonly is: "text"; readonly placeholder: string }
  | { readonly is: "file"; readonly placeholder: string }
  /** A whole number of at least 1. */
  | { readonly is: "count"; readonly placeholder: string }
  | { readonly is: "choice"; readonly placeholder: string; readonly choices: readonly string[] };

export interface OptionSpec {
  /** Without dashes, in kebab case. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** Absent: a switch. */
  readonly value?: ValueSpec;
  /** May be given more than once. */
  readonly isRepeatable?: boolean;
  /** What holds when it is left out, in words. */
  readonly default?: string;
  readonly description: string;
}

export interface PositionalSpec {
  readonly name: string;
  readonly value: ValueSpec;
  readonly isOptional?: boolean;
  readonly isRepeatable?: boolean;
  readonly default?: string;
  readonly description: string;
}

export interface Example {
  /** What to type, without the program's name. */
  readonly arguments: string;
  readonly description: string;
}

export interface CommandSpec {
  /** `runs list`; empty for the program itself. */
  readonly name: string;
  /** One line, no full stop. */
  readonly summary: string;
  /** Further sentences. */
  readonly description?: string;
  readonly positionals: readonly PositionalSpec[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly Example[];
}

export const helpOption: OptionSpec = { name: "help", short: "h", description: "Print this help" };

/** `-j, --jobs N`: how help and docs write an option. */
export function optionTerm(option: OptionSpec): string {
  const short = option.short === undefined ? "" : `-${option.short}, `;
  const value = option.value === undefined ? "" : ` ${option.value.placeholder}`;
  return `${short}--${option.name}${value}`;
}

/** `[PIPELINE]`, `RUN…`. */
export function positionalTerm(positional: PositionalSpec): string {
  const name = `${positional.value.placeholder}${positional.isRepeatable ? "…" : ""}`;
  return positional.isOptional ? `[${name}]` : name;
}

/** What help and docs say of an option or argument: description, choices, default. */
export function describeValue(spec: OptionSpec | PositionalSpec): string {
  const facts = [
    ...(spec.value?.is === "choice" ? [`one of: ${spec.value.choices.join(", ")}`] : []),
    ...(spec.default === undefined ? [] : [`default: ${spec.default}`]),
  ];
  return facts.length === 0 ? spec.description : `${spec.description} (${facts.join("; ")})`;
}
