/** Tells two keys of a step apart: what changed between what it ran with and what it would run with. Pure. */
import type { Change, InputState, Shown } from "../core/cause.ts";
import { printCommand } from "../core/command.ts";
import { inputsOf, type PlannedInput, type PlannedStep } from "../core/plan.ts";
import type { ArgumentPart, InputPart, KeyParts } from "../core/step_key.ts";
import type { KeyRecord } from "../core/step_result.ts";
import { explainEnvironment } from "./explain_environment.ts";
import { describeKind } from "./explain_kind.ts";
import { byName, isSame } from "./explain_records.ts";

/**
 * Every difference, the most telling first and by name among equals; none when the keys are the same, and only then.
 *
 * `step` is how it stands in the plan now: it says where inputs come from.
 */
export function explain(before: KeyRecord, now: KeyRecord, step: Pick<PlannedStep, "inputs">): Change[] {
  const [old, next] = [before.parts, now.parts];
  const changes: Change[] = [
    ...explainFormat(old, next),
    ...byName(old.arguments, next.arguments).map(([name, a, b]): Change => ({
      is: "parameter",
      name,
      ...(a === undefined ? {} : { old: shownArgument(a) }),
      ...(b === undefined ? {} : { new: shownArgument(b) }),
    })),
    ...byName(before.sources, now.sources).map(([path, a, b]): Change => ({
      is: "source",
      path,
      ...(a === undefined ? {} : { old: a }),
      ...(b === undefined ? {} : { new: b }),
    })),
    ...explainBody(old, next),
    ...explainEnvironment(before, now),
    ...byName(old.inputs, next.inputs).flatMap(([name, a, b]) => explainInput(name, a, b, step)),
    ...explainPermissions(old.permissions, next.permissions),
    ...byName(old.outputs, next.outputs).map(([name, a, b]): Change => ({
      is: "output",
      name,
      ...(a === undefined ? {} : { old: describeKind(a) }),
      ...(b === undefined ? {} : { new: describeKind(b) }),
    })),
    ...explainMetrics(old.metrics, next.metrics),
  ];
  const isSourceTold = old.sources === next.sources || changes.some((change) => change.is === "source");
  return isSourceTold ? changes : [{ is: "source", path: ".", old: old.sources, new: next.sources }];
}

function explainFormat(old: KeyParts, next: KeyParts): Change[] {
  // Typed as one version; what is read from a file of another is refused before it comes here.
  const [a, b]: number[] = [old.key, next.key];
  return a === b ? [] : [{ is: "key-format", old: a!, new: b! }];
}

function shownArgument(part: ArgumentPart): Shown {
  if ("value" in part) return part.value;
  return "content" in part ? part.content : part.metric;
}

function explainBody({ body: old }: KeyParts, { body: next }: KeyParts): Change[] {
  if (isSame(old, next)) return [];
  const print = (body: KeyParts["body"]) =>
    body.is === "command" ? printCommand(body.command) : `run function of step "${body.step}"`;
  return [{ is: "command", old: print(old), new: print(next) }];
}

type InputParts = KeyParts["inputs"][string];

function explainInput(
  name: string,
  old: InputParts | undefined,
  next: InputParts | undefined,
  step: Pick<PlannedStep, "inputs">,
): Change[] {
  const before = listOf(old);
  const now = listOf(next);
  const binding = step.inputs[name];
  const origins = binding === undefined ? [] : inputsOf(binding).map(originOf);
  // Not there, absent and empty are three keys with nothing to show.
  if (before.length === 0 && now.length === 0) return [{ is: "input", name }];
  const start = commonLength(before, now, (list, index) => list[index]!);
  const end = Math.min(
    commonLength(before, now, (list, index) => list[list.length - 1 - index]!),
    Math.min(before.length, now.length) - start,
  );
  const isListChange = start + end === Math.max(before.length, now.length);
  // One of a list is not the same as the one itself.
  if (isListChange) return [{ is: "input", name, ...from(origins[0]) }];
  const changes: Change[] = [];
  for (let index = start; index < Math.max(before.length, now.length) - end; index++) {
    const a = index < before.length - end ? before[index] : undefined;
    const b = index < now.length - end ? now[index] : undefined;
    if (a !== undefined && b !== undefined && isSame(a, b)) continue;
    changes.push({
      is: "input",
      name,
      ...from(b === undefined ? undefined : origins[index]),
      ...(a === undefined ? {} : { old: inputState(a) }),
      ...(b === undefined ? {} : { new: inputState(b) }),
    });
  }
  return changes;
}

const from = (origin: string | undefined) => origin === undefined ? {} : { from: origin };

const listOf = (parts: InputParts | undefined): readonly InputPart[] =>
  parts === undefined || parts === null ? [] : Array.isArray(parts) ? parts : [parts as InputPart];

function commonLength<T>(a: readonly T[], b: readonly T[], at: (list: readonly T[], index: number) => T) {
  const limit = Math.min(a.length, b.length);
  let count = 0;
  while (count < limit && isSame(at(a, count), at(b, count))) count++;
  return count;
}

function inputState(part: InputPart): InputState {
  if ("content" in part) return { is: "content", digest: part.content, name: part.name };
  return "uri" in part ? { is: "registered", uri: part.uri, version: part.version } : { is: "not-made-yet" };
}

function originOf(input: PlannedInput): string {
  switch (input.is) {
    case "output":
      return `${input.step}.${input.output}`;
    case "file":
      return input.path;
    case "registered":
      return input.uri;
  }
}

type KeyPermissions = KeyParts["permissions"];

function explainPermissions(old: KeyPermissions, next: KeyPermissions): Change[] {
  const lists = ([
    ["net", old.net, next.net],
    ["read", Object.keys(old.read), Object.keys(next.read)],
    ["write", old.write, next.write],
    ["env", Object.keys(old.env), Object.keys(next.env)],
    ["gpu", old.gpu, next.gpu],
  ] as const).flatMap(([name, a, b]): Change[] =>
    isSame(inOrder(name, a), inOrder(name, b))
      ? []
      : [{ is: "permission", name, old: permissionText(a), new: permissionText(b) }]
  );
  const both = (name: "read" | "env") =>
    byName(old[name], next[name]).filter(([key]) => key in old[name] && key in next[name]);
  return [
    ...both("read").map(([path, a, b]): Change => ({ is: "read-content", path, old: a!, new: b! })),
    ...both("env").map(([name, , b]): Change => ({ is: "variable", name, isSet: b !== null })),
    ...lists,
  ];
}

/** Records have no order; the lists of a key have. */
const inOrder = (name: string, value: boolean | readonly string[]) =>
  typeof value !== "boolean" && (name === "read" || name === "env") ? [...value].sort() : value;

function permissionText(value: boolean | readonly string[]): string {
  if (typeof value === "boolean") return value ? "all" : "none";
  return value.length === 0 ? "none" : value.join(", ");
}

function explainMetrics(old: readonly string[], next: readonly string[]): Change[] {
  if (isSame(old, next)) return [];
  const added = next.filter((name) => !old.includes(name)).sort();
  const removed = old.filter((name) => !next.includes(name)).sort();
  const changes = [
    ...added.map((name): Change => ({ is: "metric", name, change: "added" })),
    ...removed.map((name): Change => ({ is: "metric", name, change: "removed" })),
  ];
  if (changes.length > 0) return changes;
  const moved = next.find((name, index) => name !== old[index]) ?? old.at(-1)!;
  return [{ is: "metric", name: moved, change: "moved" }];
}
