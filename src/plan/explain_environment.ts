/** What changed in the environment of a step. */
import type { Change } from "../core/cause.ts";
import { canonicalJson } from "../core/canonical_json.ts";
import type { EnvironmentContents } from "../core/environment.ts";
import type { KeyParts } from "../core/step_key.ts";
import type { KeyRecord } from "../core/step_result.ts";
import { byName, isSame } from "./explain_records.ts";

/** Packages, interpreter and platform where both environments are known; else only that they differ. */
export function explainEnvironment(before: KeyRecord, now: KeyRecord): Change[] {
  const [old, next] = [before.parts.environment, now.parts.environment];
  if (isSame(old, next)) return [];
  const known = before.environment !== undefined && now.environment !== undefined
    ? explainContents(before.environment, now.environment)
    : [];
  if (known.length > 0) return known;
  const [a, b] = [nameOf(old, before), nameOf(next, now)];
  if (a !== b) return [{ is: "environment", old: a, new: b }];
  const whole = (part: typeof old) => typeof part === "string" ? part : canonicalJson(part);
  return [{ is: "environment", old: whole(old), new: whole(next) }];
}

/** `host`, `python, not locked yet`, `deno 2.9.6`; the id where no more is known. */
function nameOf(environment: KeyParts["environment"], { environment: contents }: KeyRecord): string {
  if (typeof environment !== "string") {
    const kind = (environment.unlocked as { readonly kind?: unknown } | null)?.kind;
    return kind === "python" ? "python, not locked yet" : String(kind);
  }
  if (contents === undefined) return environment;
  return [contents.kind, contents.interpreter?.version].filter((part) => part !== undefined).join(" ");
}

function explainContents(old: EnvironmentContents, next: EnvironmentContents): Change[] {
  const packages = byName(old.packages, next.packages).map(([name, a, b]): Change => ({
    is: "package",
    name,
    ...(a === undefined ? {} : { old: a }),
    ...(b === undefined ? {} : { new: b }),
  }));
  const [a, b] = interpretersOf(old, next);
  const interpreter: Change[] = a === b
    ? []
    : [{ is: "interpreter", ...(a === undefined ? {} : { old: a }), ...(b === undefined ? {} : { new: b }) }];
  const platform: Change[] = old.platform === next.platform
    ? []
    : [{ is: "platform", old: old.platform, new: next.platform }];
  return [...packages, ...interpreter, ...platform];
}

/** `python 3.12.1`; with the beginning of its digest where two of one version differ. */
function interpretersOf(old: EnvironmentContents, next: EnvironmentContents) {
  const isOneVersion = old.kind === next.kind &&
    old.interpreter?.version === next.interpreter?.version &&
    old.interpreter?.digest !== next.interpreter?.digest;
  return [old, next].map(({ kind, interpreter }) => {
    if (interpreter === undefined) return old.kind === next.kind ? undefined : kind;
    const digest = isOneVersion ? ` (${interpreter.digest.replace("sha256:", "").slice(0, 12)})` : "";
    return `${kind} ${interpreter.version}${digest}`;
  });
}
