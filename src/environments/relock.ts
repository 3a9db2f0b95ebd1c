/** Locks a pipeline: entries for all its steps ask for, what else is recorded of it, and nothing it no longer needs. */
import type { Digest } from "../core/digest.ts";
import type { EnvironmentSpec } from "../core/environment.ts";
import { refuse } from "../core/error.ts";
import { listNames } from "../core/suggest.ts";
import type { Lock, LockEntry, PipelineRecord } from "./lock_file.ts";
import { packageName, packageVersions } from "./packages.ts";
import { currentPlatform } from "./platform.ts";
import type { LockView, ProjectLock } from "./project_lock.ts";
import type { Recipe, Surroundings, Work } from "./provider.ts";
import { answer } from "./providers.ts";

export interface RelockQuestion {
  /** Names the pipeline in the lock: `pipeline.ts#iris`. */
  readonly pipeline: string;
  /** What its steps ask for. */
  readonly specs: readonly EnvironmentSpec[];
  readonly files: PipelineRecord["files"];
  readonly modules: PipelineRecord["modules"];
  /** Which packages may move: with `all` each environment is resolved as if there were no lock. */
  readonly upgrade: "nothing" | "all" | readonly string[];
  /** Entries that no pipeline records may be those of a pipeline that was never locked: then they stay. */
  readonly keepsUnrecorded: boolean;
  /** Says what would change, resolves and writes nothing. */
  readonly isCheck: boolean;
}

export interface PackageChange {
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
}

/** What became of an entry of the lock. */
export interface EnvironmentChange {
  readonly is: "environment";
  /**
   * `recorded`: it was there, and is now known as this pipeline's; `released`: only another pipeline's by now;
   * `missing`: only of a check.
   */
  readonly what: "missing" | "locked" | "upgraded" | "recorded" | "released" | "removed";
  readonly key: Digest;
  /** Absent for `missing`. */
  readonly entry?: Pick<LockEntry, "kind" | "python" | "platform" | "requirements">;
  /** Those that moved; all of them unless it was `upgraded`. */
  readonly packages: readonly PackageChange[];
}

export interface Relocked {
  /** As it was before. */
  readonly before: LockView;
  /** The key of each spec, in their order; undefined for what needs no lock. */
  readonly keys: readonly (Digest | undefined)[];
  readonly changes: readonly EnvironmentChange[];
}

/** Fails as resolving does, and with ARGUMENT_INVALID for a package that no environment has. */
export async function relock(
  question: RelockQuestion,
  projectLock: ProjectLock,
  surroundings: Surroundings,
  work: Work,
): Promise<Relocked> {
  const before = await projectLock.read();
  const lock = before.lock ?? { environments: {}, pipelines: {} };
  const answers = await Promise.all(question.specs.map((spec) => answer(spec, surroundings)));
  const recipes = answers.map((found) => found.is === "recipe" ? found.recipe : undefined);
  const wanted = new Map(recipes.flatMap((recipe) => recipe === undefined ? [] : [[recipe.key, recipe]]));
  checkUpgrade(question.upgrade, [...wanted.keys()], lock);
  const changes: EnvironmentChange[] = [];
  const resolved: Record<string, LockEntry> = {};
  const record = lock.pipelines[question.pipeline];
  for (const [key, recipe] of wanted) {
    const old = lock.environments[key];
    if (question.isCheck && old === undefined) changes.push(changeOf("missing", key));
    const entry = question.isCheck ? old : await resolveAgain(recipe, old, question.upgrade, lock, work);
    if (entry === undefined) continue;
    resolved[key] = entry;
    if (old === undefined) changes.push(changeOf("locked", key, undefined, entry));
    else if (entry !== old && comparePackages(old, entry).length > 0) {
      changes.push(changeOf("upgraded", key, old, entry));
    } else if (!record?.environments.includes(key)) changes.push(changeOf("recorded", key, undefined, entry));
  }
  const gone = unneeded(lock, question, new Set(wanted.keys()));
  for (const key of gone.released) changes.push(changeOf("released", key, lock.environments[key]));
  for (const key of gone.removed) changes.push(changeOf("removed", key, lock.environments[key]));
  const keys = recipes.map((recipe) => recipe?.key);
  if (!question.isCheck) {
    const { pipeline, files, modules } = question;
    const environments = [...new Set([...gone.kept, ...wanted.keys()])];
    const relocked = (now: Lock): Lock => ({
      environments: { ...without(now.environments, gone.removed), ...resolved },
      pipelines: { ...now.pipelines, [pipeline]: { environments, files, modules } },
    });
    await projectLock.update(relocked, work.signal, true);
  }
  return { before, keys, changes };
}

async function resolveAgain(
  recipe: Recipe,
  old: LockEntry | undefined,
  upgrade: RelockQuestion["upgrade"],
  lock: Lock,
  work: Work,
): Promise<LockEntry> {
  if (old === undefined) return await recipe.resolve(Object.values(lock.environments), work);
  if (upgrade === "nothing") return old;
  if (upgrade === "all") return await recipe.resolve([], work);
  const names = new Set(upgrade.map(packageName));
  const held = Object.entries(old.packages).filter(([pin]) => !names.has(packageName(pin)));
  if (held.length === Object.keys(old.packages).length) return old;
  return await recipe.resolve([{ ...old, packages: Object.fromEntries(held) }], work);
}

function checkUpgrade(upgrade: RelockQuestion["upgrade"], keys: readonly string[], lock: Lock): void {
  if (typeof upgrade === "string") return;
  const there = new Set(
    keys.flatMap((key) => Object.keys(packageVersions(lock.environments[key]?.packages ?? {}))),
  );
  const unknown = upgrade.filter((name) => !there.has(packageName(name)));
  if (unknown.length === 0) return;
  refuse({
    code: "ARGUMENT_INVALID",
    message: `Cannot upgrade ${listNames(unknown)} as no locked environment of the pipeline holds ${
      unknown.length === 1 ? "it" : "them"
    }`,
    hint: there.size === 0 ? "Lock the pipeline first" : `Packages: ${listNames([...there].sort())}`,
  });
}

interface Gone {
  /** Of the pipeline's record: those of other platforms. */
  readonly kept: readonly Digest[];
  readonly released: readonly Digest[];
  readonly removed: readonly Digest[];
}

/** An entry goes when it is this platform's and no pipeline needs it. */
function unneeded(
  lock: Lock,
  { pipeline, keepsUnrecorded }: RelockQuestion,
  wanted: ReadonlySet<Digest>,
): Gone {
  const own = lock.pipelines[pipeline]?.environments ?? [];
  const others = new Set(
    Object.entries(lock.pipelines).flatMap(([name, record]) => name === pipeline ? [] : record.environments),
  );
  const isHere = (key: Digest) => lock.environments[key]?.platform === currentPlatform().target;
  const isElsewhere = (key: Digest) => lock.environments[key] !== undefined && !isHere(key);
  const left = own.filter((key) => !wanted.has(key) && !isElsewhere(key));
  return {
    kept: own.filter(isElsewhere),
    released: left.filter((key) => others.has(key)),
    removed: Object.keys(lock.environments).filter((key) =>
      isHere(key) && !wanted.has(key) && !others.has(key) && (own.includes(key) || !keepsUnrecorded)
    ),
  };
}

function changeOf(
  what: EnvironmentChange["what"],
  key: Digest,
  from?: LockEntry,
  to?: LockEntry,
): EnvironmentChange {
  const shown = to ?? from;
  if (shown === undefined) return { is: "environment", what, key, packages: [] };
  const { kind, python, platform, requirements } = shown;
  const packages = comparePackages(from, to);
  return { is: "environment", what, key, entry: { kind, python, platform, requirements }, packages };
}

function comparePackages(from: LockEntry | undefined, to: LockEntry | undefined): PackageChange[] {
  const [old, now] = [from, to].map((entry) => packageVersions(entry?.packages ?? {})) as [
    Readonly<Record<string, string>>,
    Readonly<Record<string, string>>,
  ];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].sort()
    .filter((name) => old[name] !== now[name])
    .map((name) => ({
      name,
      ...(old[name] === undefined ? {} : { from: old[name] }),
      ...(now[name] === undefined ? {} : { to: now[name] }),
    }));
}

const without = <T>(record: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
