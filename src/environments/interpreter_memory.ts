/**
 * What is known of interpreters, kept in `<cache>/interpreters.json` by path, size and time of change, so that a
 * start needs neither to run nor to read them.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { Digest } from "../core/digest.ts";
import { writeAtomically } from "./atomic_write.ts";

const InterpreterFacts = z.object({
  /** The executable itself, behind links and virtual environments. */
  path: z.string(),
  /** Such as `3.12.1`, `3.15.0b1`. */
  version: z.string(),
  /** `cpython`, `cpython-freethreaded`, `pypy`. */
  implementation: z.string(),
  /** The folder that holds its standard library. */
  prefix: z.string(),
  /** Its shared library, where it has one of its own. */
  library: z.string().optional(),
}).readonly();
export type InterpreterFacts = z.infer<typeof InterpreterFacts>;

/** An interpreter and the digest of its code. */
export interface Interpreter extends InterpreterFacts {
  readonly digest: Digest;
}

const Memory = z.object({
  version: z.literal(1),
  /** By path: what it was found to be; null for what is no interpreter. */
  examined: z.record(z.string(), z.object({ stamp: z.string(), facts: InterpreterFacts.nullable() })),
  /** By path of an interpreter. */
  digests: z.record(z.string(), z.object({ stamp: z.string(), digest: Digest })),
  /** By what was asked for: the path of the interpreter chosen. */
  choices: z.record(z.string(), z.string()),
});

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
      // The last of several writers wins: what is lost is found again.
      await Deno.mkdir(cache, { recursive: true });
      await writeAtomically(path, JSON.stringify(memory, undefined, 1) + "\n");
      return { ...facts, digest };
    },
  };
}

/** Empty when there is none, or none that can be read: it holds nothing that cannot be found again. */
async function readMemory(path: string): Promise<z.infer<typeof Memory>> {
  try {
    return Memory.parse(JSON.parse(await Deno.readTextFile(path)));
  } catch {
    return { version: 1, examined: {}, digests: {}, choices: {} };
  }
}

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
  const hash = createHash("sha256").update(`${facts.implementation} ${facts.version}\n`);
  for (const path of [facts.path, facts.library]) {
    if (path === undefined) continue;
    using file = await Deno.open(path);
    for await (const chunk of file.readable) hash.update(chunk);
  }
  return `sha256:${hash.digest("hex")}`;
}
