/** JSON that is well-formed and means something else: other types, members twice, names that every object has. */
import { nastyNames, nastyNumbers, nastyTexts } from "./nasty.ts";
import type { Random } from "./random.ts";

/** What is repeated comes to about so many characters. */
const longest = 1 << 17;

/** A tree whose members may stand twice and whose leaves are the text they print as. */
type Tree =
  | { readonly is: "object"; members: [name: string, value: Tree][] }
  | { readonly is: "list"; items: Tree[] }
  | { readonly is: "leaf"; readonly text: string };

/** Undefined for what is no JSON, or too deep. */
export function mutateJson(text: string, random: Random): string | undefined {
  let tree: Tree;
  try {
    tree = treeOf(JSON.parse(text));
  } catch {
    // No JSON, or deeper than a function can call itself.
    return undefined;
  }
  const root: Tree = { is: "list", items: [tree] };
  for (let round = random.few(); round > 0; round--) mutateTree(root, random);
  return print(root.items[0] ?? { is: "leaf", text: "null" });
}

/** Each line by itself, for JSON lines. Undefined where no line is JSON. */
export function mutateJsonLines(text: string, random: Random): string | undefined {
  const lines = text.split("\n");
  const at = random.below(lines.length);
  const line = mutateJson(lines[at]!, random);
  return line === undefined ? undefined : lines.with(at, line).join("\n");
}

function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return { is: "list", items: value.map(treeOf) };
  if (typeof value !== "object" || value === null) return { is: "leaf", text: JSON.stringify(value) };
  return { is: "object", members: Object.entries(value).map(([name, member]) => [name, treeOf(member)]) };
}

function print(tree: Tree): string {
  switch (tree.is) {
    case "leaf":
      return tree.text;
    case "list":
      return `[${tree.items.map(print).join(",")}]`;
    case "object":
      return `{${tree.members.map(([name, value]) => `${JSON.stringify(name)}:${print(value)}`).join(",")}}`;
  }
}

type Branch = Exclude<Tree, { is: "leaf" }>;

/** All that holds something, the root first. */
function branchesOf(tree: Tree, found: Branch[] = []): Branch[] {
  if (tree.is === "leaf" || found.length > 2000) return found;
  found.push(tree);
  const below = tree.is === "list" ? tree.items : tree.members.map(([, value]) => value);
  for (const each of below) branchesOf(each, found);
  return found;
}

function mutateTree(root: Tree, random: Random): void {
  const branches = branchesOf(root);
  const branch = random.pick(branches);
  const other = random.pick(branches);
  if (branch.is === "list") mutateItems(branch.items, random, other);
  else mutateMembers(branch.members, random, other);
}

function mutateItems(items: Tree[], random: Random, other: Tree): void {
  const at = random.below(items.length + 1);
  switch (random.below(6)) {
    case 0:
      return void items.splice(at, 1);
    case 1:
      return void items.splice(at, 0, copyOf(other));
    case 2: {
      const repeated = items[at] ?? anyLeaf(random);
      const most = Math.ceil(longest / print(repeated).length);
      const times = Math.min(most, random.chance(0.02) ? 3000 : random.below(4));
      return void items.splice(at, 0, ...Array.from({ length: times }, () => copyOf(repeated)));
    }
    default:
      items[Math.min(at, Math.max(0, items.length - 1))] = anyLeaf(random);
  }
}

function mutateMembers(members: [string, Tree][], random: Random, other: Tree): void {
  const at = random.below(members.length + 1);
  const member = members[at];
  const name = () => random.pick([...nastyNames, ...nastyTexts, ...members.map(([name]) => name)]);
  switch (random.below(8)) {
    case 0:
      return void members.splice(at, 1);
    case 1:
      return void members.splice(at, 0, [name(), anyLeaf(random)]);
    case 2:
      return void members.splice(at, 0, [name(), copyOf(other)]);
    case 3:
      if (member !== undefined) members.splice(at, 0, [member[0], copyOf(other)]);
      return;
    case 4:
      if (member !== undefined) member[0] = name();
      return;
    default:
      if (member !== undefined) member[1] = random.chance(0.3) ? copyOf(other) : leafLike(member[1], random);
  }
}

/** So that no change is seen in two places, and nothing holds itself. */
const copyOf = (tree: Tree): Tree => structuredClone(tree);

/** Often of the type that was there. */
function leafLike(tree: Tree, random: Random): Tree {
  if (tree.is !== "leaf" || random.chance(0.4)) return anyLeaf(random);
  if (/^-?\d/.test(tree.text)) return { is: "leaf", text: random.pick(nastyNumbers.filter(isJson)) };
  if (!tree.text.startsWith('"')) return { is: "leaf", text: random.pick(["true", "false", "null"]) };
  const text: string = JSON.parse(tree.text);
  const cut = random.below(text.length + 1);
  const changed = text.slice(0, cut) + random.pick([...nastyTexts, ...nastyNames, ...nastyNumbers]) +
    text.slice(cut + random.below(3));
  return { is: "leaf", text: JSON.stringify(changed) };
}

function anyLeaf(random: Random): Tree {
  const depth = random.chance(0.01) ? 2 ** random.below(17) : 0;
  if (depth > 0) {
    const isList = random.chance(0.5);
    return {
      is: "leaf",
      text: isList ? "[".repeat(depth) + "]".repeat(depth) : '{"a":'.repeat(depth) + "1" + "}".repeat(depth),
    };
  }
  const text = random.pick([
    () => random.pick(["null", "true", "false", "[]", "{}", '""', "[[]]", '[""]', "[null]"]),
    () => random.pick(nastyNumbers.filter(isJson)),
    () => JSON.stringify(random.pick([...nastyTexts, ...nastyNames, ...nastyNumbers])),
  ]);
  return { is: "leaf", text: text() };
}

const isJson = (text: string) => /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text);
