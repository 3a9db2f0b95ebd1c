/** Wiring: the graph under way while a pipeline's `wire` function runs, which every use of a step joins. */
import { refuse } from "../core/error.ts";
import { kebabCase } from "../core/kebab_case.ts";
import type { ParameterSpec } from "../core/parameter.ts";
import type { StepUse } from "../core/pipeline.ts";
import { formatPlace, inside, type Place } from "../core/place.ts";
import type { CallSite } from "./call_site.ts";
import { checkUseName, isUseName } from "./names.ts";
import type { Owner } from "./reference.ts";

/** A pipeline being defined, with those inside it. */
export interface Graph extends Owner {
  readonly parameters: Map<string, ParameterSpec>;
  readonly steps: StepUse[];
}

/** One pipeline in the graph: the outermost or one used in it, perhaps within a `when` or an `each`. */
export interface Scope {
  readonly graph: Graph;
  /** What the names of its steps start with: nothing, or such as `cv/`. */
  readonly path: string;
  /** The same with `*` for the names that an `each` gives. */
  readonly familyPath: string;
  /** Names that the items of `each` have, innermost first. */
  readonly items: readonly string[];
  readonly conditions: readonly string[];
  /** False within a `when` that is false for good. */
  readonly isThere: boolean;
  /** Steps to finish before the first ones of this scope start. */
  readonly after: readonly string[];
  /** By the name as a command line has it. */
  readonly names: Map<string, Claim>;
}
interface Claim {
  readonly name: string;
  readonly site: CallSite;
  /** What is used without a name of its own. */
  readonly unnamed: object | undefined;
}

let current: Scope | undefined;

/** Runs `make` in `scope`. What is used meanwhile joins it; the scope before is restored whatever happens. */
export function inScope<T>(scope: Scope, make: () => T): T {
  const before = current;
  current = scope;
  try {
    return make();
  } finally {
    current = before;
  }
}

/** Fails with STEP_OUTSIDE_PIPELINE. `what` is such as "step `train`". */
export function currentScope(what: string, site: CallSite): Scope {
  return current ?? refuse({
    code: "STEP_OUTSIDE_PIPELINE",
    message: `Cannot use ${what} here as no pipeline is being wired`,
    at: site.place,
    hint:
      "Call it in the function given to `pipeline(…)`, before any `await`; to run a pipeline, call its `run` method",
  });
}

/** A new outermost scope. */
export function openGraph(name: string): Scope {
  return {
    graph: { name, parameters: new Map(), steps: [] },
    path: "",
    familyPath: "",
    items: [],
    conditions: [],
    isThere: true,
    after: [],
    names: new Map(),
  };
}

/** Takes the name of a use. Fails with NAME_INVALID, NAME_COLLISION or STEP_USED_TWICE. */
export function claimName(
  scope: Scope,
  given: unknown,
  used: { readonly name: string },
  site: CallSite,
): string {
  const name = given === undefined ? used.name : given;
  // To read the place from the stack costs more than all else of a use.
  if (!isUseName(name)) checkUseName(name, site.place);
  const key = kebabCase(name);
  const other = scope.names.get(key);
  const unnamed = given === undefined ? used : undefined;
  if (other !== undefined) refuseClaim(name, other, unnamed, site);
  scope.names.set(key, { name, site, unnamed });
  return name;
}

function refuseClaim(name: string, other: Claim, unnamed: object | undefined, site: CallSite): never {
  const at: Place = inside(site.place, `step "${name}"`);
  const there = formatPlace(other.site.place);
  if (unnamed !== undefined && other.unnamed === unnamed) {
    return refuse({
      code: "STEP_USED_TWICE",
      message: `Cannot use \`${name}\` a second time without a name as it is used at ${there}`,
      at,
      hint: `Give this use a name of its own: \`.as("${name}-2", {…})\``,
    });
  }
  const also = other.name === name ? "" : ` and both are \`${kebabCase(name)}\` on a command line`;
  return refuse({
    code: "NAME_COLLISION",
    message: `Cannot name a step \`${name}\` as \`${other.name}\` is the name of another at ${there}${also}`,
    at,
    hint: `Give one of them another name: \`.as("${name}-2", {…})\``,
  });
}

/** The name of a use with `*` for the items of each `each` around it; undefined when there is none in it. */
export function familyOf(scope: Scope, name: string): string | undefined {
  let starred = name;
  for (const item of scope.items) starred = starItem(starred, item);
  return starred === name && scope.familyPath === scope.path ? undefined : `${scope.familyPath}${starred}`;
}

/** The last whole part of `name` that is `item`, as `0` in `train-0`; else the last place it stands. */
function starItem(name: string, item: string): string {
  const isEdge = (at: number) => at < 0 || at >= name.length || /[-_*]/.test(name[at]!);
  let at = name.lastIndexOf(item);
  const last = at;
  while (at >= 0 && !(isEdge(at - 1) && isEdge(at + item.length))) {
    at = at === 0 ? -1 : name.lastIndexOf(item, at - 1);
  }
  const found = at >= 0 ? at : last;
  return found < 0 ? name : `${name.slice(0, found)}*${name.slice(found + item.length)}`;
}
