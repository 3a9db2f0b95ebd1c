/** Whether a `uv.lock` is that of the `pyproject.toml` beside it. */
import { parse } from "smol-toml";
import { packageName } from "./packages.ts";

/**
 * Names whose requirement is not the one that was locked, sorted. Versions are compared as they are written, so what
 * is found may be a mere matter of spelling: `uv lock --check` is the judge.
 */
export function findMoved(dependencies: readonly string[], uvLock: string): readonly string[] {
  const locked = new Map(lockedRequirements(uvLock));
  const asked = new Map(dependencies.map((text) => [packageName(text.trim()), specifiersOf(text)]));
  const names = [...new Set([...asked.keys(), ...locked.keys()])].sort();
  return names.filter((name) => {
    const [wanted, was] = [asked.get(name), locked.get(name)];
    return wanted === undefined || was === undefined || (was !== null && was !== wanted);
  });
}

/** `pandas[excel] >=2, <3 ; marker` is `<3 >=2`. */
function specifiersOf(text: string): string {
  const bare = text.split(";", 1)[0]!.trim().replace(/^[\w.-]+\s*(\[[^\]]*\])?/, "").replace(
    /^\s*\(|\)\s*$/g,
    "",
  );
  return bare.split(",").map((part) => part.replaceAll(/\s/g, "")).filter((part) => part !== "").sort().join(
    " ",
  );
}

interface LockedRequirement {
  readonly name: string;
  readonly specifier?: string;
  readonly marker?: string;
}

/** Of the project itself; null for what comes from elsewhere than an index. Extras of the project are left out. */
function lockedRequirements(text: string): [string, string | null][] {
  const document = parse(text) as {
    package?: { source?: Record<string, unknown>; metadata?: { "requires-dist"?: LockedRequirement[] } }[];
  };
  const own = (document.package ?? []).find(({ source }) =>
    source?.["virtual"] === "." || source?.["editable"] === "."
  );
  return (own?.metadata?.["requires-dist"] ?? [])
    .filter(({ marker }) => !/\bextra\b/.test(marker ?? ""))
    .map(({ name, specifier, marker: _, ...rest }) => {
      const isElsewhere = Object.keys(rest).some((key) => key !== "extras");
      return [packageName(name), isElsewhere ? null : specifiersOf(`${name}${specifier ?? ""}`)];
    });
}
