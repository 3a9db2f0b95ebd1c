/** The imports of modules, read by Deno's own parser. */
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { root } from "./walk.ts";

/** Both by path from the repository's root. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

interface Dependency {
  readonly specifier: string;
  readonly code?: { readonly specifier?: string; readonly error?: string };
  readonly type?: { readonly specifier?: string; readonly error?: string };
}
interface ModuleGraph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly Dependency[];
  }[];
}

/** The imports of `files` that lead to files of this repository: static, dynamic and of types. */
export async function readImports(files: readonly string[]): Promise<Import[]> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-imports-" });
  try {
    // One process for all: a module that imports each file.
    const entry = join(folder, "all.ts");
    const lines = files.map((file) => `import ${JSON.stringify(pathToFileURL(root + file).href)};`);
    await Deno.writeTextFile(entry, lines.join("\n"));
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-lock", `--config=${root}deno.json`, entry],
      cwd: root,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return importsOf(JSON.parse(new TextDecoder().decode(stdout)), new Set(files));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function importsOf(graph: ModuleGraph, files: ReadonlySet<string>): Import[] {
  const broken = graph.modules.filter(({ error }) => error !== undefined);
  if (broken.length > 0) throw new Error(broken.map((each) => `${each.specifier}: ${each.error}`).join("\n"));
  return graph.modules.flatMap(({ specifier, dependencies = [] }) => {
    const from = pathOf(specifier);
    if (from === undefined || !files.has(from)) return [];
    return dependencies.flatMap(({ code, type }) => {
      const targets = [code, type].flatMap((each) => pathOf(each?.specifier) ?? []);
      return [...new Set(targets)].map((to) => ({ from, to }));
    });
  });
}

function pathOf(specifier: string | undefined): string | undefined {
  if (specifier === undefined || !specifier.startsWith("file:")) return undefined;
  const path = fileURLToPath(specifier);
  return path.startsWith(root) ? path.slice(root.length) : path;
}
