/**
 * The `mlruns` folder in which MLflow before 3.7 kept runs by default (`mlflow/store/tracking/file_store.py`): a folder
 * for each experiment and run, a `meta.yaml` in each, a file for each parameter, tag and metric, deleted experiments in
 * `.trash`, registered models in `models`.
 *
 * This file: reading its files, which others wrote.
 */
import { join } from "node:path";
import { z } from "zod";
import { refuse } from "../core/error.ts";
import { lazySchema } from "../core/lazy_schema.ts";
import { readYamlTexts, yamlLimit } from "../core/read_yaml.ts";
import type { LoggedParameter } from "../core/tracking.ts";

/** What a file of a tag or parameter may hold; MLflow cuts at 8000 characters. */
const longestValue = 1 << 20;

/** A field of a `meta.yaml`, all of whose scalars are read as texts. */
export const Text = lazySchema(() => z.string());
export const OptionalText = lazySchema(() => z.string().nullish().transform((value) => value ?? undefined));
export const Whole = lazySchema(() => z.string().regex(/^-?\d{1,16}$/).transform(Number));
export const OptionalWhole = lazySchema(() =>
  z.string().nullish().transform((value) => value == null || value === "" ? undefined : value)
    .pipe(z.string().regex(/^-?\d{1,16}$/).transform(Number).optional())
);

/** Throws RUNS_UNREADABLE, naming the file. */
export function refuseFile(path: string, why: string): never {
  return refuse({
    code: "RUNS_UNREADABLE",
    message: `Cannot read runs from \`${path}\` as ${why}`,
    hint: "Nothing of it was taken; mend the file, or choose other runs",
  });
}

/** The values of a `meta.yaml`. */
export async function readMeta<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
  const text = readText(path, yamlLimit);
  let value: unknown;
  try {
    value = await readYamlTexts(text);
  } catch (error) {
    return refuseFile(path, `it is no YAML that is read: ${firstLine(error)}`);
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  return refuseFile(
    path,
    `its field \`${issue!.path.join(".")}\` is not as MLflow writes it: ${issue!.message}`,
  );
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]!;

/** Undefined where there is no such file or folder; a link is refused. */
export function look(path: string): Deno.FileInfo | undefined {
  try {
    const info = Deno.lstatSync(path);
    return info.isSymlink ? refuseFile(path, "it is a link, which may lead anywhere") : info;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

/** The text of a regular file of at most `limit` bytes. */
export function readText(path: string, limit: number): string {
  const info = look(path);
  if (info === undefined) return refuseFile(path, "there is no such file");
  if (!info.isFile) return refuseFile(path, "it is no file");
  if (info.size > limit) {
    return refuseFile(path, `it has ${info.size} bytes, more than the ${limit} that fit there`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Deno.readFileSync(path));
  } catch (error) {
    if (error instanceof TypeError) return refuseFile(path, "it is no UTF-8");
    throw error;
  }
}

/** Names of the folders right below `path`, in order; none where there is no such folder. */
export function foldersIn(path: string): string[] {
  if (look(path) === undefined) return [];
  return [...Deno.readDirSync(path)].filter((entry) => entry.isDirectory).map(({ name }) => name).sort();
}

/** Files below `folder` by their keys, which are paths: `val/acc`. */
export function* keyFiles(folder: string): Generator<{ readonly key: string; readonly path: string }> {
  if (look(folder) === undefined) return;
  const open = [{ path: folder, prefix: "" }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const { name } of [...Deno.readDirSync(at.path)].sort((a, b) => a.name < b.name ? -1 : 1)) {
      const path = join(at.path, name);
      const info = look(path);
      if (info?.isDirectory) open.push({ path, prefix: `${at.prefix}${name}/` });
      else if (info?.isFile) yield { key: at.prefix + name, path };
      else if (info !== undefined) refuseFile(path, "it is neither a file nor a folder");
    }
  }
}

/** Parameters, or tags. */
export const readPairs = (folder: string): LoggedParameter[] =>
  [...keyFiles(folder)]
    .map(({ key, path }) => ({ key, value: readText(path, longestValue) }))
    .sort((a, b) => a.key < b.key ? -1 : 1);
