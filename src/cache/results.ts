/** Finds results: those that a project used last by what is remembered of them, others by reading them. */
import type { Digest } from "../core/digest.ts";
import type { KeptOutput, StepResult } from "../core/step_result.ts";
import { isSettled } from "../core/look.ts";
import type { DigestMemory } from "./digest_memory.ts";
import { type Entries, noteUse, trustOutputs } from "./entries.ts";
import type { Examination } from "./examination.ts";
import { openResultMemory, type ResultMemory, type Use } from "./result_memory.ts";

export interface Results {
  find(key: Digest): StepResult | undefined;
  /** The same, and no use of it. */
  peek(key: Digest): StepResult | undefined;
  /** The outputs of a result that was found are intact; `stamps` are those of their files. */
  noteIntact(result: StepResult, stamps: readonly string[]): void;
  /** Gives the digests' memory what is new. */
  flush(): void;
}

export interface OpenResults {
  readonly cache: string;
  readonly clock: () => number;
  /** Names the project; without it nothing is remembered of results. */
  readonly scope?: string | undefined;
  readonly entries: Entries;
  readonly examination: Examination;
  readonly memory: DigestMemory;
}

interface Found {
  readonly result: StepResult;
  readonly usedAt: number;
  /** Undefined of one that is not worth remembering. */
  readonly use?: Use;
}

export function openResults({ cache, clock, scope, entries, examination, memory }: OpenResults): Results {
  const uses = new WeakMap<StepResult, Use>();
  let opened: ResultMemory | undefined;

  function lookUp(key: Digest): Found | undefined {
    if (scope === undefined) return entries.findResult(key);
    opened ??= openResultMemory(scope, memory);
    const look = entries.lookAtResult(key);
    if (look === undefined && !entries.hasResult(key)) return undefined;
    const known = look === undefined ? undefined : opened.find(key);
    if (look === undefined || known?.stamp !== look.stamp) return readNew(key);
    const result: StepResult = JSON.parse(known.text);
    trustFiles(result, known.files);
    const use = {
      key,
      stamp: known.stamp,
      text: known.text,
      files: undefined,
      before: known.files,
      isNew: false,
    };
    return { result, usedAt: look.writtenAt, use };
  }

  function readNew(key: Digest): Found | undefined {
    const begun = clock();
    const found = entries.findResult(key);
    if (found?.look === undefined || !isSettled(found.look, begun)) return found;
    const use = {
      key,
      stamp: found.look.stamp,
      text: `${JSON.stringify(found.result)}\n`,
      files: undefined,
      isNew: true,
    };
    return { ...found, use };
  }

  function trustFiles(result: StepResult, stamps: readonly string[]): void {
    trustOutputs(result);
    const files = Object.values(result.outputs).flatMap(({ files }: KeptOutput) => files);
    if (files.length !== stamps.length) return;
    files.forEach(({ digest }, index) => examination.trust(stamps[index]!, digest));
  }

  return {
    peek: (key) => lookUp(key)?.result,
    find(key) {
      const found = lookUp(key);
      if (found === undefined) return undefined;
      const stamp = noteUse(cache, key, found.usedAt, clock());
      const { result, use } = found;
      if (use === undefined) return result;
      if (stamp !== undefined) {
        use.stamp = stamp;
        use.isNew = true;
      }
      uses.set(result, use);
      opened?.note(use);
      return result;
    },
    noteIntact(result, stamps) {
      const use = uses.get(result);
      if (use === undefined || !stamps.every((stamp) => examination.isTrusted(stamp))) return;
      use.files = stamps;
      if (use.before?.length !== stamps.length || stamps.some((stamp, at) => stamp !== use.before![at])) {
        use.isNew = true;
      }
    },
    flush: () => opened?.flush(),
  };
}
