/** The sources of a `run` function: its module and all that it imports, as Deno resolves them. */
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import { z } from "zod";
import { refuse } from "../core/error.ts";
import { lazySchema } from "../core/lazy_schema.ts";
import { getLook } from "../core/look.ts";
import type { FileDigests } from "../core/ports/file_digests.ts";
import { findDenoConfig } from "../sandbox/deno_permissions.ts";
import { installedPackages } from "./installed_packages.ts";
import type { Sources } from "./list_sources.ts";
import { sluicePackage, sluiceRoot, sluiceVersion } from "./version.ts";

const DenoInfo = lazySchema(() =>
  z.object({
    modules: z.array(z.object({
      specifier: z.string(),
      error: z.string().optional(),
      dependencies: z.array(z.object({ code: z.object({ specifier: z.string().optional() }).optional() }))
        .optional(),
      npmPackage: z.string().optional(),
    })),
    redirects: z.record(z.string(), z.string()).optional(),
    npmPackages: z.record(
      z.string(),
      z.object({ name: z.string(), version: z.string(), dependencies: z.array(z.string()).default([]) }),
    ).optional(),
  })
);
type DenoInfo = z.infer<typeof DenoInfo>;

/**
 * Each local module by its path relative to the first, with its content; each package it needs as `npm:name` with its
 * exact versions; remote modules by their specifiers; `sluice` with its version, which stands for its own modules.
 */
export async function listModules(module: string, digests: FileDigests): Promise<Sources> {
  const info = await readModuleGraph(module);
  const folder = dirname(fileURLToPath(module));
  const list: Record<string, string> = { sluice: sluiceVersion };
  const visible: string[] = [];
  for (const { specifier, error } of info.modules) {
    if (isOwn(specifier)) continue;
    if (!specifier.startsWith("file:")) {
      if (/^(https?|data|blob):/.test(specifier)) list[specifier] = "remote";
      continue;
    }
    const path = fileURLToPath(specifier);
    const name = relative(folder, path);
    if (error !== undefined) {
      list[name] = `unreadable ${error}`;
      continue;
    }
    list[name] = await digests.digest(path, getLook(path));
    visible.push(path);
  }
  return {
    list: { ...list, ...packagesOf(info), ...installedPackages(visible) },
    // What calls the function is shown by the sandbox.
    visible: [...visible, ...configFiles(folder)].sort(),
  };
}

/** What the modules import, and what that needs; sluice's own packages are as its version says. */
function packagesOf(info: DenoInfo): Record<string, string> {
  const packageOf = new Map(info.modules.map((module) => [module.specifier, module.npmPackage]));
  const open = info.modules.filter(({ specifier }) => !isOwn(specifier)).flatMap((module) =>
    (module.dependencies ?? []).flatMap(({ code }) => {
      const specifier = code?.specifier ?? "";
      return packageOf.get(info.redirects?.[specifier] ?? specifier) ?? [];
    })
  );
  const found = new Map<string, Set<string>>();
  const seen = new Set<string>();
  while (open.length > 0) {
    const id = open.pop()!;
    const known = info.npmPackages?.[id];
    if (known === undefined || known.name === sluicePackage || seen.has(id)) continue;
    seen.add(id);
    found.set(known.name, (found.get(known.name) ?? new Set()).add(known.version));
    open.push(...known.dependencies);
  }
  return Object.fromEntries(
    [...found].map(([name, versions]) => [`npm:${name}`, [...versions].sort().join(", ")]),
  );
}

const ownRoot = new URL("../", sluiceRoot);
const ownEntries = ["mod", "testing"].flatMap((name) => [`${name}.ts`, `${name}.js`]);
const isOwn = (specifier: string): boolean =>
  specifier.startsWith(sluiceRoot) || ownEntries.some((name) => specifier === new URL(name, ownRoot).href);

/** What Deno itself reads beside the modules: its configuration, and Node's, each the nearest there is. */
function configFiles(folder: string): string[] {
  const config = findDenoConfig(folder);
  const packages = findPackages(folder);
  const besides = new Set([config === undefined ? [] : [dirname(config)], packages ?? []].flat());
  const names = ["package.json", "node_modules", "import_map.json"];
  const found = [...besides].flatMap((at) => names.map((name) => join(at, name))).filter(isThere);
  return config === undefined ? found : [config, ...found];
}

/** The folder of the nearest package.json. */
function findPackages(folder: string): string | undefined {
  for (let at = folder;; at = dirname(at)) {
    if (isThere(join(at, "package.json"))) return at;
    if (at === dirname(at)) return undefined;
  }
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

async function readModuleGraph(module: string): Promise<z.infer<typeof DenoInfo>> {
  const path = fileURLToPath(module);
  const config = findDenoConfig(dirname(path));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-lock", ...(config === undefined ? [] : ["--config", config]), module],
    stdin: "null",
  }).output();
  if (success) return DenoInfo.parse(JSON.parse(new TextDecoder().decode(stdout)));
  return refuse({
    code: "PIPELINE_FILE_THREW",
    message: `Cannot read what \`${path}\` imports`,
    details: new TextDecoder().decode(stderr),
  });
}
