/**
 * Results that a project used, as texts of many: a result whose file is as it was is had by a look and a line of text.
 * Parts follow the order of use, so that a run like the last one reads one after the other.
 */
import type { Digest } from "../core/digest.ts";
import type { DigestMemory } from "./digest_memory.ts";
import { hexOf } from "./places.ts";

/** A result that was seen to be sound. */
export interface RememberedResult {
  /** Of the file that keeps it. */
  readonly stamp: string;
  /** The result as one line of JSON. */
  readonly text: string;
  /** Of the files of its outputs, in their order, where the run left them that made them. */
  readonly files: readonly string[];
}

/** One that is used now. */
export interface Use {
  readonly key: Digest;
  stamp: string;
  readonly text: string;
  /** Undefined until its outputs were seen to be intact. */
  files: readonly string[] | undefined;
  /** The same as they are remembered. */
  readonly before?: readonly string[];
  /** Whether the memory has it otherwise, or not at all. */
  isNew: boolean;
}

export interface ResultMemory {
  find(key: Digest): RememberedResult | undefined;
  /** A use is remembered with those around it. */
  note(use: Use): void;
  /** Gives the digests' memory what is new. */
  flush(): void;
}

const partSize = 1000;
/** Uses that may still change while those after them begin. */
const openUses = 128;
/** Of so many, one that is new is read again in less time than all of them are written. */
const manyForOne = 50;
const partsInMemory = 16;

/** `scope` names the project. */
export function openResultMemory(scope: string, memory: DigestMemory): ResultMemory {
  /** Numbers of parts, by numbers of keys. */
  const places = new Map<number, number>();
  const parts = new Map<number, ReadonlyMap<number, string>>();
  let read = 0;
  let hasMore = true;
  const uses: Use[] = [];
  let written = 0;

  const nameOf = (part: number): string => `results ${part} ${scope}`;

  function readPart(part: number): boolean {
    const text = memory.findText(nameOf(part), "");
    if (text === undefined) return false;
    const lines = new Map<number, string>();
    for (let at = 0; at < text.length;) {
      const end = text.indexOf("\n", text.indexOf("\n", at) + 1) + 1;
      const key = numberOf(text.slice(at, at + 64));
      lines.set(key, text.slice(at, end));
      places.set(key, part);
      at = end;
    }
    parts.set(part, lines);
    if (parts.size > partsInMemory) parts.delete(parts.keys().next().value!);
    return true;
  }

  function findLines(key: number): string | undefined {
    while (hasMore && !places.has(key)) hasMore = readPart(read++);
    const part = places.get(key);
    if (part === undefined || !parts.has(part) && !readPart(part)) return undefined;
    return parts.get(part)!.get(key);
  }

  function write(some: readonly Use[]): void {
    const part = written++;
    const complete = some.filter((use) => use.files !== undefined);
    const news = complete.filter((use) => use.isNew).length;
    if (news * manyForOne <= complete.length) return;
    memory.putText(nameOf(part), "", complete.map(print).join(""));
  }

  return {
    find(key) {
      const hex = hexOf(key);
      const lines = findLines(numberOf(hex));
      if (lines === undefined || !lines.startsWith(hex)) return undefined;
      const end = lines.indexOf("\n");
      const [, stamp, ...files] = lines.slice(0, end).split("/");
      return { stamp: stamp ?? "", text: lines.slice(end + 1), files };
    },
    note(use) {
      uses.push(use);
      if (uses.length < partSize + openUses) return;
      write(uses.splice(0, partSize));
      // What it cannot write it tries again at the end.
      memory.flush();
    },
    flush: () => write(uses.splice(0)),
  };
}

/** A key's 52 first bits: who finds another key there has not found its own. */
const numberOf = (hex: string): number => Number.parseInt(hex.slice(0, 13), 16);

/** A line with the key, the stamp of its file and those of its outputs' files, and the result's line. */
const print = ({ key, stamp, files, text }: Use): string =>
  `${[hexOf(key), stamp, ...files!].join("/")}\n${text}`;
