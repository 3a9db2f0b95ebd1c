/**
 * What is known of interpreters, kept in `<cache>/interpreters.json` by path, size and time of change, so that a
 * start needs neither to run nor to read them.
 */
import { join } from "node:path";
import type { Digest } from "../core/digest.ts";
import { openSha256 } from "../core/sha256.ts";
import { writeNote } from "../core/atomic_write.ts";

export interface InterpreterFacts {
  /** The executable itself, behind links and virtual environments. */
  readonly path: string;
  /** Such as `3.12.1`, `3.15.0b1`. */
  readonly version: string;
  /** `cpython`, `cpython-freethreaded`, `pypy`. */
  readonly implementation: string;
  /** The folder that holds its standard library. */
  readonly prefix: string;
  /** Its shared library, where it has one of its own. */
  readonly library?: string;
}

/** An interpreter and the digest of its code. */
export interface Interpreter extends InterpreterFacts {
  readonly digest: Digest;
}

/** The file's content. */
interface Memory {
  readonly version: typeof memoryVersion;
  /** By path: what it was found to be; null for what is no interpreter. */
  readonly examined: Record<string, { readonly stamp: string; readonly facts: InterpreterFacts | null }>;
  /** By path of an interpreter. */
  readonly digests: Record<string, { readonly stamp: string; readonly digest: Digest }>;
  /** By what was asked for: the path of the interpreter chosen. */
  readonly choices: Record<string, string>;
}
const memoryVersion = 1;
/** Each PATH asks anew, so the questions would pile up; the oldest are forgotten. */
const mostChoices = 100;

export interface InterpreterMemory {
  /** What was chosen for `question`, if it is still there and unchanged. */
  recall(question: string): Interpreter | undefined;
  /** What lies at `path`; `look` is called when that is not known. Undefined for what is no interpreter. */
  examine(
    path: string,
    look: () => Promise<InterpreterFacts | undefined>,
  ): Promise<InterpreterFacts | undefined>;
  /** Remembers the choice for `question`, and all that was examined. */
  choose(question: string, facts: InterpreterFacts): Promise<Interpreter>;
}

/** `cache` is the user's folder; a missing or damaged note is an empty memory. */
export async function openInterpreterMemory(cache: string): Promise<InterpreterMemory> {
  const path = join(cache, "interpreters.json");
  const memory = await readMemory(path);
  return {
    recall(question) {
      const chosen = memory.choices[question];
      const stamp = chosen === undefined ? undefined : stampOf(chosen);
      if (chosen === undefined || stamp === undefined) return undefined;
      const examined = memory.examined[chosen];
      const digest = memory.digests[chosen];
      if (examined?.stamp !== stamp || digest?.stamp !== stamp || examined.facts === null) return undefined;
      return { ...examined.facts, digest: digest.digest };
    },
    async examine(path, look) {
      const stamp = stampOf(path);
      if (stamp === undefined) return undefined;
      const known = memory.examined[path];
      if (known?.stamp === stamp) return known.facts ?? undefined;
      const facts = await look();
      memory.examined[path] = { stamp, facts: facts ?? null };
      return facts;
    },
    async choose(question, facts) {
      const stamp = stampOf(facts.path) ?? "";
      memory.examined[facts.path] = { stamp, facts };
      const known = memory.digests[facts.path];
      const digest = known?.stamp === stamp ? known.digest : await digestOf(facts);
      memory.digests[facts.path] = { stamp, digest };
      memory.choices[question] = facts.path;
      for (const old of Object.keys(memory.choices).slice(0, -mostChoices)) delete memory.choices[old];
      // The last of several writers wins: what is lost is found again.
      await writeNote(path, JSON.stringify(memory, undefined, 1) + "\n");
      return { ...facts, digest };
    },
  };
}

/** Empty when there is none, or none that can be read: it holds nothing that cannot be found again. */
async function readMemory(path: string): Promise<Memory> {
  try {
    const memory: Memory = JSON.parse(await Deno.readTextFile(path));
    if (memory.version === memoryVersion && isWhole(memory)) return knownOf(memory);
  } catch {
    // None yet, or a damaged one.
  }
  return { version: memoryVersion, examined: {}, digests: {}, choices: {} };
}

/** Without members that are none of ours: such may be nested deeper than can be written again. */
function knownOf({ examined, digests, choices }: Memory): Memory {
  const eachOf = <Value>(table: Record<string, Value>, known: (value: Value) => Value) =>
    Object.fromEntries(Object.entries(table).map(([path, value]) => [path, known(value)]));
  return {
    version: memoryVersion,
    examined: eachOf(
      examined,
      ({ stamp, facts }) => ({ stamp, facts: facts === null ? null : factsOf(facts) }),
    ),
    digests: eachOf(digests, ({ stamp, digest }) => ({ stamp, digest })),
    choices: { ...choices },
  };
}

const factsOf = ({ path, version, implementation, prefix, library }: InterpreterFacts): InterpreterFacts => ({
  ...{ path, version, implementation, prefix },
  ...(library === undefined ? {} : { library }),
});

/** A disk may have flipped a bit of it. Without a schema: it is read at every start. */
function isWhole({ examined, digests, choices }: Memory): boolean {
  return Object.values(examined).every(({ stamp, facts }) =>
    isText(stamp) && (facts === null || areFacts(facts))
  ) &&
    Object.values(digests).every(({ stamp, digest }) =>
      isText(stamp) && /^sha256:[0-9a-f]{64}$/.test(digest)
    ) &&
    [examined, digests, choices].every((table) => typeof table === "object") &&
    Object.values(choices).every(isText);
}

const areFacts = ({ path, version, implementation, prefix, library = "" }: InterpreterFacts): boolean =>
  [path, version, implementation, prefix, library].every(isText);

const isText = (value: unknown): boolean => typeof value === "string";

function stampOf(path: string): string | undefined {
  try {
    const { size, mtime, isFile } = Deno.statSync(path);
    return isFile ? `${size} ${mtime?.getTime()}` : undefined;
  } catch {
    return undefined;
  }
}

/** Over the version and the bytes of executable and library; the standard library follows from them. */
async function digestOf(facts: InterpreterFacts): Promise<Digest> {
  const hash = openSha256();
  hash.update(new TextEncoder().encode(`${facts.implementation} ${facts.version}\n`));
  for (const path of [facts.path, facts.library]) {
    if (path === undefined) continue;
    using file = await Deno.open(path);
    for await (const chunk of file.readable) hash.update(chunk);
  }
  return `sha256:${hash.hex()}`;
}
