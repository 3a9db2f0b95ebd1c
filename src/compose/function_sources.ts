/** The sources of a `run` function: its modules, and what tells Deno how to read them. */
import { dirname, join, relative } from "node:path";
import { digestValue } from "../core/digest.ts";
import { digestFile } from "../core/file_tree.ts";
import { fileURLToPath } from "../core/file_url.ts";
import type { FileDigests } from "../core/ports/file_digests.ts";
import { findDenoConfig } from "../sandbox/deno_permissions.ts";
import { listModules } from "./list_modules.ts";
import type { Sources } from "./list_sources.ts";

/** What cannot change what a module does. Links lead to modules that are listed, or to sluice, which has its version. */
const withoutEffect = new Set([
  ...[
    "bench",
    "compile",
    "deploy",
    "exclude",
    "exports",
    "fmt",
    "include",
    "license",
    "links",
    "lint",
    "lock",
  ],
  ...["name", "publish", "tasks", "test", "version"],
  ...["author", "bugs", "description", "homepage", "keywords", "private", "repository", "scripts"],
]);
const isOfSluice = (name: string): boolean => name === "sluice" || name.startsWith("sluice/");

/**
 * As `listModules`, with a digest of the settings in Deno's configuration, the package.json and the import map beside
 * it: they say which module a name stands for, also to the function itself, and how JSX is read.
 */
export async function listFunctionSources(module: string, digests: FileDigests): Promise<Sources> {
  const { list, visible } = await listModules(module, digests);
  const folder = dirname(fileURLToPath(module));
  const config = findDenoConfig(folder);
  const names = ["package.json", "import_map.json"];
  const files = config === undefined ? [] : [config, ...names.map((name) => join(dirname(config), name))];
  const settings: Record<string, string> = {};
  for (const path of files.filter((path) => visible.includes(path))) {
    digests.meet?.(path);
    settings[relative(folder, path)] = await digestSettings(path);
  }
  return { list: { ...settings, ...list }, visible };
}

/** With comments, or as something else than JSON, every byte counts. */
async function digestSettings(path: string): Promise<string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await Deno.readTextFile(path));
  } catch {
    return await digestFile(path);
  }
  if (typeof parsed !== "object" || parsed === null) return digestValue(parsed);
  const kept = Object.entries(parsed).filter(([name]) => !withoutEffect.has(name));
  return digestValue(
    Object.fromEntries(
      kept.map(([name, value]) => [name, name === "imports" ? withoutSluice(value) : value]),
    ),
  );
}

const withoutSluice = (imports: unknown): unknown =>
  typeof imports === "object" && imports !== null
    ? Object.fromEntries(Object.entries(imports).filter(([name]) => !isOfSluice(name)))
    : imports;
