/** Packages that another program installed beside the modules, which `deno info` tells by their files alone. */
import { dirname, join } from "node:path";

interface PackageFile {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Those that hold one of `paths`, and all that they need where it is installed: `npm:name` with its exact versions. */
export function installedPackages(paths: readonly string[]): Record<string, string> {
  const found = new Map<string, Set<string>>();
  const seen = new Set<string>();
  const open = paths.flatMap((path) => packageFolder(path) ?? []);
  while (open.length > 0) {
    const folder = open.pop()!;
    if (seen.has(folder)) continue;
    seen.add(folder);
    const file = readPackage(folder);
    const name = `npm:${file.name ?? folder.slice(folder.lastIndexOf("/node_modules/") + 14)}`;
    found.set(name, (found.get(name) ?? new Set()).add(String(file.version ?? "unknown")));
    const needed = { ...file.dependencies, ...file.optionalDependencies, ...file.peerDependencies };
    open.push(...Object.keys(needed).flatMap((each) => findPackage(folder, each) ?? []));
  }
  return Object.fromEntries([...found].map(([name, versions]) => [name, [...versions].sort().join(", ")]));
}

const packageFolder = (path: string): string | undefined =>
  /^.*\/node_modules\/(?:@[^/]+\/)?[^/@.][^/]*(?=\/)/.exec(path)?.[0];

/** As Node finds it: in the nearest `node_modules`, and where a link there leads. */
function findPackage(folder: string, name: string): string | undefined {
  for (let at = folder;; at = dirname(at)) {
    try {
      return Deno.realPathSync(join(at, "node_modules", name));
    } catch {
      if (at === dirname(at)) return undefined;
    }
  }
}

function readPackage(folder: string): PackageFile {
  try {
    const file: unknown = JSON.parse(Deno.readTextFileSync(join(folder, "package.json")));
    return typeof file === "object" && file !== null ? file : {};
  } catch {
    return {};
  }
}
