/** The canonical JSON of a plan, in pieces: what all uses of a definition share is written once and taken again. */
import { canonicalJson, sortedKeys } from "./canonical_json.ts";
import type { Plan, PlannedStep } from "./plan.ts";

/** Lists that are written beside the plan's own members, by name. */
export type Besides = Readonly<Record<string, Iterable<unknown>>>;

/** The pieces of `canonicalJson({ ...plan, ...besides })`, each of whole values and some 64 KiB long. */
export function* planPieces(plan: Plan, besides: Besides = {}): Generator<string> {
  const members: Readonly<Record<string, unknown>> = { ...plan, ...besides };
  const known = new Map<unknown, string>();
  const stepText = (step: unknown) => textOfStep(step as PlannedStep, known);
  let text = "";
  let start = "{";
  for (const name of sortedKeys(members)) {
    const value = members[name];
    text += `${start}${JSON.stringify(name)}:`;
    start = ",";
    if (name !== "steps" && !(name in besides)) {
      text += canonicalJson(value);
      continue;
    }
    const itemText = name === "steps" ? stepText : canonicalJson;
    text += "[";
    let separator = "";
    for (const item of value as Iterable<unknown>) {
      text += separator + itemText(item);
      separator = ",";
      if (text.length < pieceLength) continue;
      yield text;
      text = "";
    }
    text += "]";
  }
  yield `${text}}`;
}

/** The same as a file has it, with a line feed. */
export function* planBytes(plan: Plan): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const piece of planPieces(plan)) yield encoder.encode(piece);
  yield encoder.encode("\n");
}

const pieceLength = 1 << 16;

/** Whether the uses of a definition have it in common, as one object. */
const isShared: Readonly<Record<keyof PlannedStep, boolean>> = {
  name: false,
  key: false,
  body: true,
  folder: false,
  sources: false,
  environment: true,
  environmentState: true,
  arguments: false,
  parameters: true,
  inputs: false,
  outputs: true,
  metrics: true,
  needs: false,
  permissions: true,
  granted: true,
  limits: true,
  sandbox: false,
  cache: false,
  workingCopy: false,
  family: false,
  place: true,
};
const stepMembers = sortedKeys(isShared) as (keyof PlannedStep)[];

/** `known` holds the texts of what is shared. */
function textOfStep(step: PlannedStep, known: Map<unknown, string>): string {
  let text = "";
  for (const name of stepMembers) {
    const value = step[name];
    if (value === undefined) continue;
    text += `${text === "" ? "{" : ","}"${name}":`;
    text += isShared[name] ? sharedText(value, known) : canonicalJson(value);
  }
  return `${text}}`;
}

function sharedText(value: unknown, known: Map<unknown, string>): string {
  const text = known.get(value) ?? canonicalJson(value);
  known.set(value, text);
  return text;
}
