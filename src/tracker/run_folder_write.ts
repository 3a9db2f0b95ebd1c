/** Writes the files of an `mlruns` folder as MLflow does. */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { writeAtomically } from "../core/atomic_write.ts";
import { isConfinedPath } from "../core/confined_path.ts";
import { refuse } from "../core/error.ts";
import { isDiskFull, isSystemError } from "../core/system_error.ts";
import type { LoggedParameter } from "../core/tracking.ts";

type MetaValue = string | number | null | Readonly<Record<string, string>>;

/** Complete or not at all; what it names is there from then on. */
export async function writeMeta(folder: string, fields: Readonly<Record<string, MetaValue>>): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${yamlValue(value)}\n`);
  await writeAtomically(join(folder, "meta.yaml"), lines.join(""));
}

function yamlValue(value: MetaValue): string {
  if (value === null || typeof value === "number") return String(value);
  if (typeof value === "string") return yamlText(value);
  return `{${
    Object.entries(value).map(([name, text]) => `${yamlText(name)}: ${yamlText(text)}`).join(", ")
  }}`;
}

/** In double quotes, which every YAML reads the same. */
const yamlText = (text: string): string =>
  JSON.stringify(text).replace(/[^\x20-\x7e]/gu, (character) => {
    const point = character.codePointAt(0)!;
    const [mark, digits] = point > 0xffff ? ["U", 8] : ["u", 4];
    return `\\${mark}${point.toString(16).padStart(Number(digits), "0")}`;
  });

/** Parameters, or tags: those that are not there as they are. Gives how many were written. */
export async function writePairs(folder: string, pairs: readonly LoggedParameter[]): Promise<number> {
  let written = 0;
  for (const { key, value } of pairs) {
    const path = keyPath(folder, key);
    if (readIfThere(path) === value) continue;
    await writeKeyFile(path, key, value);
    written++;
  }
  return written;
}

/** Adds to the file of each key the lines that are not in it. Gives how many were written. */
export async function writeLines(
  folder: string,
  lines: ReadonlyMap<string, readonly string[]>,
): Promise<number> {
  let written = 0;
  for (const [key, all] of lines) {
    const path = keyPath(folder, key);
    const before = readIfThere(path) ?? "";
    const known = new Set(before.split("\n").map((line) => `${line}\n`));
    const fresh = all.filter((line) => !known.has(line));
    if (fresh.length === 0) continue;
    await writeKeyFile(path, key, before + fresh.join(""));
    written += fresh.length;
  }
  return written;
}

/** As MLflow names datasets and their use: the MD5 of both texts after each other. */
export const idOf = (...texts: readonly string[]): string => {
  const hash = createHash("md5");
  for (const text of texts) hash.update(text);
  return hash.digest("hex");
};

function keyPath(folder: string, key: string): string {
  return isConfinedPath(key)
    ? join(folder, ...key.split("/"))
    : refuseKey(key, "it is no path below a folder");
}

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || isSystemError(error)) return undefined;
    throw error;
  }
}

async function writeKeyFile(path: string, key: string, text: string): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    const temporary = join(dirname(path), `.${crypto.randomUUID()}`);
    await Deno.writeTextFile(temporary, text);
    await Deno.rename(temporary, path);
  } catch (error) {
    if (!isSystemError(error) || isDiskFull(error)) throw error;
    refuseKey(key, `no file can have it as its name beside the others`);
  }
}

function refuseKey(key: string, why: string): never {
  return refuse({
    code: "RUNS_DIFFER",
    message: `Cannot write ${JSON.stringify(key.slice(0, 100))} into a folder of runs as ${why}`,
    hint: "Bring the runs to a file, as runs.db, which takes every name",
  });
}
