/** A command as a template of words: it runs as an argument vector and prints as an MLproject command. */
import { z } from "zod";
import { lazySchema } from "./lazy_schema.ts";

export const Hole = lazySchema(() =>
  z.object({
    is: z.literal("hole"),
    of: z.enum(["parameter", "input", "output"]),
    name: z.string(),
  }).readonly()
);
export type Hole = z.infer<typeof Hole>;

export const WordPart = lazySchema(() =>
  z.discriminatedUnion("is", [
    z.object({ is: z.literal("text"), text: z.string() }).readonly(),
    Hole,
  ])
);
export type WordPart = z.infer<typeof WordPart>;

export const Word = lazySchema(() =>
  z.discriminatedUnion("is", [
    /** One argument: its parts side by side. */
    z.object({ is: z.literal("word"), parts: z.array(WordPart).readonly() }).readonly(),
    /** One argument for each reference of a `many` input. */
    z.object({ is: z.literal("each"), input: z.string() }).readonly(),
    /** `flag` when the boolean parameter is true, no argument otherwise. */
    z.object({ is: z.literal("flag"), flag: z.string(), parameter: z.string() }).readonly(),
  ])
);
export type Word = z.infer<typeof Word>;

export const CommandTemplate = lazySchema(() => z.object({ words: z.array(Word).readonly() }).readonly());
export type CommandTemplate = z.infer<typeof CommandTemplate>;

/** What fills the holes of a template. A path that is absent (an optional input) is an empty argument. */
export interface CommandValues {
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly inputs: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** The argument vector: no value is ever split, expanded or otherwise interpreted. */
export function fillCommand(template: CommandTemplate, values: CommandValues): string[] {
  return template.words.flatMap((word) => {
    switch (word.is) {
      case "word":
        return [word.parts.map((part) => part.is === "text" ? part.text : fillHole(part, values)).join("")];
      case "each": {
        const paths = values.inputs[word.input] ?? [];
        return typeof paths === "string" ? [paths] : [...paths];
      }
      case "flag":
        return values.parameters[word.parameter] === true ? [word.flag] : [];
    }
  });
}

function fillHole(hole: Hole, values: CommandValues): string {
  switch (hole.of) {
    case "parameter":
      return String(values.parameters[hole.name]);
    case "output":
      return values.outputs[hole.name]!;
    case "input": {
      const path = values.inputs[hole.name];
      return path === undefined ? "" : typeof path === "string" ? path : path.join(" ");
    }
  }
}

/** How the template reads: `python train.py {data} --alpha {alpha}`, literal words quoted for a shell where needed. */
export function printCommand(template: CommandTemplate): string {
  return template.words.map((word) => {
    switch (word.is) {
      case "word":
        return word.parts.map((part) => part.is === "text" ? quoteForShell(part.text) : `{${part.name}}`)
          .join("");
      case "each":
        return `{${word.input}}`;
      case "flag":
        return `{${word.parameter}}`;
    }
  }).join(" ");
}

/** One word of POSIX shell text. */
export function quoteForShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
