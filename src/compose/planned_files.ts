/** The files a plan was made from, as they are now: what a step sees of them, and whether they are what they were. */
import { join } from "node:path";
import { type Digest, digestBytes } from "../core/digest.ts";
import { inputsOf, type PlannedStep } from "../core/plan.ts";
import type { PlannedFiles } from "../core/ports/planned_files.ts";
import { digestSourceList, largestTextBytes, type SourceList } from "../core/sources.ts";
import type { Witnessed } from "./file_witness.ts";
import type { Sources } from "./list_sources.ts";

/** What was looked at while a plan was made. */
export interface Looked {
  noteSources(folder: string, sources: Sources, witness: Witnessed): void;
  noteGiven(path: string, witness: Witnessed): void;
  readonly files: PlannedFiles;
}

export function openLooked(): Looked {
  const sources = new Map<string, Sources & Witnessed>();
  const given = new Map<string, Witnessed>();
  const keyOf = (folder: string, digest: Digest): string => `${digest} ${folder}`;
  const sourcesOf = (step: PlannedStep) => sources.get(keyOf(step.folder, step.sources));
  return {
    noteSources(folder, found, { findChange }) {
      sources.set(keyOf(folder, digestSourceList(found.list)), { ...found, findChange });
    },
    noteGiven(path, witness) {
      given.set(path, witness);
    },
    files: {
      visible: (step) => sourcesOf(step)?.visible ?? [],
      look() {
        const seen = new Map<Witnessed, string | undefined>();
        const lookAt = (witness: Witnessed): string | undefined => {
          if (!seen.has(witness)) seen.set(witness, witness.findChange());
          return seen.get(witness);
        };
        return {
          findChange(step) {
            for (const witness of [sourcesOf(step), ...givenPaths(step).map((path) => given.get(path))]) {
              const changed = witness && lookAt(witness);
              if (changed !== undefined) return changed;
            }
            return undefined;
          },
        };
      },
      texts: (step) => readTexts(step.folder, sourcesOf(step)?.list ?? {}),
    },
  };
}

function givenPaths(step: PlannedStep): string[] {
  const inputs = Object.values(step.inputs).flatMap(inputsOf);
  return [
    ...inputs.flatMap((input) =>
      input.is === "file" ? [input.path] : input.is === "registered" ? [input.location] : []
    ),
    ...Object.values(step.arguments).flatMap((argument) =>
      argument.is === "value" && argument.digest !== undefined ? [String(argument.value)] : []
    ),
    ...step.permissions.read,
  ];
}

async function readTexts(folder: string, list: SourceList): Promise<ReadonlyMap<Digest, Uint8Array>> {
  const texts = new Map<Digest, Uint8Array>();
  for (const [name, what] of Object.entries(list)) {
    const digest = /^sha256:[0-9a-f]{64}/.exec(what)?.[0];
    if (digest === undefined) continue;
    const path = join(folder, name);
    const info = await Deno.lstat(path).catch(() => undefined);
    if (info === undefined || !info.isFile || info.size > largestTextBytes) continue;
    const text = await Deno.readFile(path).catch(() => undefined);
    if (text !== undefined && digestBytes(text) === digest) texts.set(digest, text);
  }
  return texts;
}
