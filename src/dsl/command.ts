/** Commands: text with holes, read into words once, when a step is defined. */
import type { Hole as TemplateHole, Word, WordPart } from "../core/command.ts";
import { refuse } from "../core/error.ts";
import { inside } from "../core/place.ts";
import { callSiteOf } from "./call_site.ts";
import { refuseReading } from "./reference.ts";
import { type Piece, readShellWords } from "./shell_words.ts";

/** A hole in a command: it prints and runs, and cannot be computed with. */
export interface Hole<T> {
  /** The name of the parameter, input or output. */
  readonly hole: string;
  /** In types only. */
  readonly holds: T;
}
/** What a step runs: words, some of them with holes. Made by `sh`. */
export interface Command {
  /** Its words, each of text and holes. */
  readonly words: readonly unknown[];
}
/** What may stand in a hole of a command. */
export type CommandPart = Hole<unknown> | string | number | Command | readonly Hole<string>[];

class CommandHole {
  constructor(readonly template: TemplateHole, readonly takes: "one" | "many" | "boolean") {}
  get hole(): string {
    return this.template.name;
  }
  [Symbol.toPrimitive](): never {
    return refuseReading(`the hole \`${this.template.name}\` of a command`, this[Symbol.toPrimitive]);
  }
  toJSON(): never {
    return refuseReading(`the hole \`${this.template.name}\` of a command`, this.toJSON);
  }
}
class CommandWords {
  constructor(readonly words: readonly Word[]) {}
}

export const makeHole = (template: TemplateHole, takes: "one" | "many" | "boolean"): unknown =>
  takes === "many" ? Object.freeze([new CommandHole(template, takes)]) : new CommandHole(template, takes);

/** Undefined when `value` is no command. */
export const wordsOf = (value: unknown): readonly Word[] | undefined =>
  value instanceof CommandWords ? value.words : undefined;

let within: readonly string[] = [];

/** Runs `make`; what `sh` refuses meanwhile says that it is within `place`, such as `step "train"`. */
export function writingCommand<T>(place: string, make: () => T): T {
  const before = within;
  within = [place];
  try {
    return make();
  } finally {
    within = before;
  }
}

/**
 * A command: a program and its arguments, with holes for parameters, inputs and outputs.
 *
 * The text is split into words as a POSIX shell would (`'…'`, `"…"` and `\` quote; a newline is a space), and then run
 * without a shell: whatever a hole holds stays within its word. A list of inputs and a `flag` stand alone as words,
 * and so does a command within a command. Shell operators and globs are refused with COMMAND_SYNTAX.
 *
 * ```ts
 * command: ({ params, inputs, outputs }) =>
 *   sh`python train.py ${inputs.data} --out=${outputs.model} ${flag("--shuffle", params.shuffle)}`,
 * ```
 */
export function sh(text: TemplateStringsArray, ...holes: readonly CommandPart[]): Command {
  const read = readShellWords(text.raw);
  if (read.is === "refused") return refuseText(read.found, read.why);
  const words = read.words.flatMap((pieces, index) => {
    if (index === 0 && isAssignment(pieces)) return refuseText("=", "unquoted");
    return wordsOfPieces(pieces, holes);
  });
  return new CommandWords(words);
}

/** `name` when the boolean parameter is true, nothing otherwise. */
export function flag(name: string, value: Hole<boolean>): Command {
  const hole: unknown = value;
  if (!(hole instanceof CommandHole) || hole.takes !== "boolean") {
    return syntax(`use \`flag("${name}", …)\` as it takes a boolean parameter of the step`, flag);
  }
  return new CommandWords([{ is: "flag", flag: name, parameter: hole.template.name }]);
}

function wordsOfPieces(pieces: readonly Piece[], holes: readonly CommandPart[]): readonly Word[] {
  const only = pieces.length === 1 ? pieces[0]! : undefined;
  if (only !== undefined && "hole" in only) {
    const held: unknown = holes[only.hole];
    if (held instanceof CommandWords) return held.words;
    const listed = listedHole(held);
    if (listed !== undefined) return [{ is: "each", input: listed.template.name }];
  }
  return [{
    is: "word",
    parts: pieces.map((piece) => "text" in piece ? piece : partOf(holes[piece.hole])).map(asPart),
  }];
}

const asPart = (part: WordPart | { readonly text: string }): WordPart =>
  "is" in part ? part : { is: "text", text: part.text };

function partOf(held: unknown): WordPart {
  if (typeof held === "string" && !held.includes("\0")) return { is: "text", text: held };
  if (typeof held === "number" && Number.isFinite(held)) return { is: "text", text: String(held) };
  if (held instanceof CommandHole && held.takes !== "many") return held.template;
  if (held instanceof CommandWords || listedHole(held) !== undefined) {
    return syntax("join a list, a flag or a command to other text as it stands alone as a word", sh);
  }
  if (held instanceof CommandHole) return syntax("take a list apart as it stands alone as a word", sh);
  return syntax(
    `put ${
      held === undefined ? "`undefined`" : `a ${typeof held}`
    } into a hole as it holds a parameter, an input, ` +
      "an output, text or a number",
    sh,
  );
}

function listedHole(held: unknown): CommandHole | undefined {
  const first: unknown = Array.isArray(held) && held.length === 1 ? held[0] : undefined;
  return first instanceof CommandHole && first.takes === "many" ? first : undefined;
}

const isAssignment = (pieces: readonly Piece[]) => {
  const first = pieces[0];
  return first !== undefined && "text" in first && /^[A-Za-z_]\w*=/.test(first.text);
};

function refuseText(found: string, why: "operator" | "unclosed" | "unquoted"): never {
  if (why === "unclosed") return syntax(`read this text as its \`${found}\` is not closed`, sh);
  if (found === "=") {
    return syntax("start with an assignment as no shell reads it", sh, "Write `env NAME=value …`");
  }
  return syntax(`use an unquoted \`${found}\` as no shell reads it`, sh);
}

function syntax(what: string, called: (...given: never[]) => unknown, hint?: string): never {
  return refuse({
    code: "COMMAND_SYNTAX",
    message: `Cannot ${what}`,
    at: inside(callSiteOf(called).place, ...within),
    hint: hint ?? "Quote it to mean the character itself, or write `bash -c '…'` where a shell is wanted",
  });
}
