/**
 * The canonical JSON of a step's key without its parts: what all uses of a definition share is written once, so that
 * one key of many thousand costs little more than the digest of its text.
 */
import { canonicalJson, sortedKeys } from "./canonical_json.ts";
import { type Digest, digestBytes } from "./digest.ts";
import { inputsOf, type PlannedBinding } from "./plan.ts";
import {
  type ArgumentPart,
  argumentPart,
  type Before,
  type InputPart,
  inputPart,
  type KeyedStep,
  keyParts,
} from "./step_key.ts";

/** The key of a step: `keyOf(keyParts(step, before))`. */
export const keyOfStep = (step: KeyedStep, before: Before): Digest => digestBytes(keyText(step, before));

/** `canonicalJson(keyParts(step, before))`, to the byte; no name of an argument or input begins with a digit. */
export function keyText(step: KeyedStep, before: Before): string {
  const { middle, end } = sharedText(step);
  let text = '{"arguments":{';
  let comma = "";
  for (const name of sortedKeys(step.arguments)) {
    text += `${comma}${JSON.stringify(name)}:${partText(argumentPart(step.arguments[name]!, before))}`;
    comma = ",";
  }
  text += middle;
  comma = "";
  for (const name of sortedKeys(step.inputs)) {
    text += `${comma}${JSON.stringify(name)}:${bindingText(step.inputs[name]!, before)}`;
    comma = ",";
  }
  return text + end;
}

function bindingText(binding: PlannedBinding, before: Before): string {
  if (binding.is === "absent") return "null";
  if (binding.is === "one") return partText(inputPart(binding.input, before));
  return `[${inputsOf(binding).map((input) => partText(inputPart(input, before))).join(",")}]`;
}

/** The members of a part in order. */
function partText(part: ArgumentPart | InputPart): string {
  if ("value" in part) return part.value === undefined ? "{}" : `{"value":${JSON.stringify(part.value)}}`;
  if ("content" in part) return `{"content":"${part.content}","name":${JSON.stringify(part.name)}}`;
  if ("output" in part) return `{"of":"${part.of}","output":${JSON.stringify(part.output)}}`;
  if ("metric" in part) return `{"metric":${JSON.stringify(part.metric)},"of":"${part.of}"}`;
  return `{"uri":${JSON.stringify(part.uri)},"version":${JSON.stringify(part.version)}}`;
}

/** What lies between the members of `arguments` and those of `inputs`, and what after these. */
interface SharedText {
  readonly of: KeyedStep;
  readonly middle: string;
  readonly end: string;
}

/** By body: a plan holds one for all uses of a definition, and one of each other member as well. */
const sharedTexts = new WeakMap<KeyedStep["body"], SharedText>();

function sharedText(step: KeyedStep): SharedText {
  const known = sharedTexts.get(step.body);
  if (known !== undefined && isSameDefinition(known.of, step)) return known;
  const of: KeyedStep = { ...step, arguments: {}, inputs: {} };
  const parts = Object.entries(keyParts(of, nothingBefore));
  const membersText = (isMeant: (name: string) => boolean) =>
    canonicalJson(Object.fromEntries(parts.filter(([name]) => isMeant(name)))).slice(1, -1);
  const shared: SharedText = {
    of,
    middle: `},${membersText((name) => name > "arguments" && name < "inputs")},"inputs":{`,
    end: `},${membersText((name) => name > "inputs")}}`,
  };
  sharedTexts.set(step.body, shared);
  return shared;
}

const nothingBefore: Before = { output: () => refuseToAsk(), metric: () => refuseToAsk() };

function refuseToAsk(): never {
  throw new Error("asked of a step before one that needs none");
}

const isSameDefinition = (a: KeyedStep, b: KeyedStep): boolean =>
  a.outputs === b.outputs && a.permissions === b.permissions && a.granted === b.granted &&
  a.environment === b.environment && a.environmentState === b.environmentState && a.metrics === b.metrics &&
  a.sources === b.sources && a.folder === b.folder && a.workingCopy === b.workingCopy;
