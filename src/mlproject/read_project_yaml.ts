/**
 * YAML files of MLflow projects, read as PyYAML's `safe_load` reads them (YAML 1.1, its own patterns for plain scalars),
 * and with bounds: such a file may be a stranger's.
 *
 * Refused beyond what PyYAML refuses: a key that stands twice in one map, a file of more than 256 KiB, aliases that
 * together stand for much more than is written.
 */
import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  type Scalar,
} from "yaml";
import { mostYamlBytes, refuseFile } from "./refuse_file.ts";
import { type Resolved, resolvePlain, resolveTagged } from "./yaml_scalar.ts";
import type { Position, YamlEntry, YamlScalar, YamlValue } from "./yaml_value.ts";

/** Of values with all that aliases stand for. */
const mostValues = 100_000;
const deepest = 100;

/** `file` is named in failures, as the user would type it; `resolve` reads plain scalars. Throws PROJECT_FILE_INVALID. */
export function readProjectYaml(
  text: string,
  file: string,
  resolve: (source: string) => Resolved | undefined = resolvePlain,
): YamlValue {
  if (text.length > mostYamlBytes) refuseFile(file, "it is larger than 256 KiB");
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const document = parseOne(text.replace(/^\uFEFF/, ""), file, lines, at);
  return openReader(file, at, resolve)((document?.contents ?? null) as Node | null);
}

/** The one document; undefined of an empty text. The first thing that is wrong ends it: of a hostile text there are many. */
function parseOne(
  text: string,
  file: string,
  lines: LineCounter,
  at: (offset: number) => Position,
): Document | undefined {
  const parser = new Parser(lines.addNewLine);
  const composer = new Composer({
    version: "1.1",
    schema: "failsafe",
    uniqueKeys: false,
    logLevel: "silent",
  });
  const documents: Document[] = [];
  const take = (composed: Iterable<Document>) => {
    for (const document of composed) {
      const [first] = document.errors;
      if (first !== undefined) refuseSyntax(first.message, first.pos[0]);
      if (documents.push(document) === 1) continue;
      const hint = "Keep what stands before the second `---`";
      refuseFile(file, "it holds more than one document", at(document.range?.[0] ?? 0), hint);
    }
  };
  const refuseSyntax = (message: string, offset: number) => {
    const words = message.replace(/\s+/g, " ").trim().replace(/\.$/, "");
    const hint = /tab/i.test(words) ? "Indent with spaces, as YAML knows no tabs" : undefined;
    refuseFile(file, `it is no YAML: ${words.slice(0, 1).toLowerCase()}${words.slice(1)}`, at(offset), hint);
  };
  try {
    for (const token of parser.parse(text)) {
      if (token.type === "error") refuseSyntax(token.message, token.offset);
      take(composer.next(token));
    }
    take(composer.end());
  } catch (error) {
    // The library goes down with what is nested.
    if (error instanceof RangeError) return refuseFile(file, "it is nested too deeply");
    throw error;
  }
  return documents[0];
}

function openReader(
  file: string,
  at: (offset: number) => Position,
  resolve: (source: string) => Resolved | undefined,
): (node: Node | null) => YamlValue {
  const anchors = new Map<string, Node>();
  const open = new Set<Node>();
  let values = 0;

  const position = (node: Node | null): Position => at(node?.range?.[0] ?? 0);

  function read(node: Node | null): YamlValue {
    if (++values > mostValues) refuseFile(file, "its aliases stand for too much", position(node));
    if (node === null) return { is: "null", text: "None", ...position(node) };
    if (isAlias(node)) return read(aliased(node));
    if (open.has(node)) refuseFile(file, "an alias stands within what it stands for", position(node));
    if (open.size >= deepest) refuseFile(file, `it is nested more than ${deepest} deep`, position(node));
    if ("anchor" in node && typeof node.anchor === "string") anchors.set(node.anchor, node);
    if (isScalar(node)) return scalar(node);
    open.add(node);
    try {
      refuseTag(node);
      if (isSeq(node)) {
        return { is: "list", items: node.items.map((item) => read(item as Node | null)), ...position(node) };
      }
      if (isMap(node)) return { is: "map", entries: entriesOf(node), ...position(node) };
    } finally {
      open.delete(node);
    }
    return refuseFile(file, "it holds what is no value", position(node));
  }

  function aliased(alias: Alias): Node {
    return anchors.get(alias.source) ??
      refuseFile(file, `nothing is named \`&${alias.source}\` before`, position(alias));
  }

  function scalar(node: Scalar): YamlScalar {
    const where = position(node);
    const source = String(node.value ?? "");
    const read = node.tag !== undefined && node.type !== undefined
      ? resolveTagged(node.tag, source)
      : node.type === "PLAIN" || node.type === undefined
      ? resolve(source)
      : { is: "text" as const, text: source };
    if (read === undefined) {
      const kind = node.tag === undefined ? "" : ` of its tag \`${node.tag}\``;
      refuseFile(file, `\`${source.slice(0, 40)}\` is no value${kind}`, where);
    }
    return { ...read, ...where };
  }

  function refuseTag(node: Node): void {
    const { tag } = node as { tag?: string };
    const isPlain = tag === undefined || /^tag:yaml\.org,2002:(map|seq)$/.test(tag);
    if (!isPlain) refuseFile(file, `it has a tag, \`${tag}\`, which stands for code`, position(node));
  }

  function entriesOf(map: { items: readonly { key: unknown; value: unknown }[] }): YamlEntry[] {
    const entries = new Map<string, YamlEntry>();
    const merged: YamlEntry[] = [];
    for (const item of map.items) {
      const key = item.key as Node | null;
      if (isScalar(key) && key.value === "<<" && key.type === "PLAIN") {
        merged.push(...mergedEntries(item.value as Node | null));
        continue;
      }
      const name = read(key);
      if (name.is === "list" || name.is === "map") refuseFile(file, "a key is no text", position(key));
      if (entries.has(name.text)) {
        refuseFile(file, `the key \`${name.text}\` stands twice`, name, "Keep one of the two");
      }
      entries.set(name.text, { key: name, value: read(item.value as Node | null) });
    }
    // What a map says itself counts before what it takes from others.
    for (const entry of merged) if (!entries.has(entry.key.text)) entries.set(entry.key.text, entry);
    return [...entries.values()];
  }

  function mergedEntries(node: Node | null): readonly YamlEntry[] {
    const value = read(node);
    const maps = value.is === "list" ? value.items : [value];
    return maps.flatMap((map) => {
      if (map.is !== "map") refuseFile(file, "`<<` takes maps alone", position(node));
      return map.entries;
    });
  }

  return read;
}
