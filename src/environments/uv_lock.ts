/** Whether a `uv.lock` is that of the `pyproject.toml` beside it. */
import { z } from "zod";
import { refuse } from "../core/error.ts";
import { lazySchema } from "../core/lazy_schema.ts";
import { packageName } from "./packages.ts";
import { readToml } from "./toml.ts";

/**
 * Names whose requirement is not the one that was locked, sorted. Versions are compared as they are written, so what
 * is found may be a mere matter of spelling: `uv lock --check` is the judge. Fails with ENVIRONMENT_INVALID for a text
 * that is no lock of uv.
 */
export function findMoved(dependencies: readonly string[], uvLock: string, path: string): readonly string[] {
  const locked = new Map(lockedRequirements(uvLock, path));
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

/** What of a lock is looked at; a requirement's other members say that it comes from elsewhere than an index. */
const UvLock = lazySchema(() =>
  z.object({
    package: z.array(z.object({
      source: z.record(z.string(), z.unknown()).optional(),
      metadata: z.object({
        "requires-dist": z.array(
          z.looseObject({
            name: z.string(),
            specifier: z.string().optional(),
            marker: z.string().optional(),
          }),
        ).optional(),
      }).optional(),
    })).optional(),
  })
);

/** Of the project itself; null for what comes from elsewhere than an index. Extras of the project are left out. */
function lockedRequirements(text: string, path: string): [string, string | null][] {
  const document = UvLock.safeParse(readToml(text, "uv.lock", path));
  if (!document.success) {
    return refuse({
      code: "ENVIRONMENT_INVALID",
      message: `Cannot read \`uv.lock\` as \`${
        document.error.issues[0]?.path.join(".")
      }\` is not as uv writes it`,
      at: { file: path },
      hint: "Write it again with `uv lock`",
    });
  }
  const own = (document.data.package ?? []).find(({ source }) =>
    source?.["virtual"] === "." || source?.["editable"] === "."
  );
  return (own?.metadata?.["requires-dist"] ?? [])
    .filter(({ marker }) => !/\bextra\b/.test(marker ?? ""))
    .map(({ name, specifier, marker: _, ...rest }) => {
      const isElsewhere = Object.keys(rest).some((key) => key !== "extras");
      return [packageName(name), isElsewhere ? null : specifiersOf(`${name}${specifier ?? ""}`)];
    });
}
