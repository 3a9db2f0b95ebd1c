/** Fan-out: the same part of a pipeline for each of some items. */
import { refuse } from "../core/error.ts";
import { callSiteOf } from "./call_site.ts";
import { currentScope, inScope } from "./wiring.ts";

/**
 * Calls `make` for each item, with a name made of it for the uses inside, and returns what each call returned.
 *
 * A text or number gives its own name, with `_` for what a name cannot hold (`0.01` is `0_01`); other items and what
 * is longer than 40 characters give their index; a name that is taken gets the index after it (`0_1-2`).
 * Uses whose names hold that name are one family, `train-*`, and one line of help.
 * Fails with WIRE_INVALID when `items` is no list, and with STEP_OUTSIDE_PIPELINE.
 *
 * ```ts
 * const folds = each([0, 1, 2], (k, name) => fold.as(`fold-${name}`, { all, k }));
 * const mean = summary({ reports: folds.map((fold) => fold.report) });
 * ```
 */
export function each<const T, R>(
  items: readonly T[],
  make: (item: T, name: string) => R,
): readonly R[] {
  const site = callSiteOf(each);
  const scope = currentScope("`each`", site);
  if (!Array.isArray(items)) {
    refuse({
      code: "WIRE_INVALID",
      message: `Cannot go through a ${typeof items} with \`each\` as it takes a list that is known now`,
      at: site.place,
      hint: "A parameter's value is known when the pipeline runs, and its steps are wired before that",
    });
  }
  const names = nameItems(items);
  return items.map((item, index) => {
    const name = names[index]!;
    return inScope({ ...scope, items: [name, ...scope.items] }, () => make(item, name));
  });
}

/** A valid and unique part of a name for each item. */
export function nameItems(items: readonly unknown[]): string[] {
  const taken = new Set<string>();
  return items.map((item, index) => {
    const base = nameItem(item) ?? String(index);
    let name = base;
    for (let count = index; taken.has(name); count++) name = `${base}-${count}`;
    taken.add(name);
    return name;
  });
}

function nameItem(item: unknown): string | undefined {
  if (typeof item !== "string" && typeof item !== "number") return undefined;
  const name = String(item).replaceAll(/[^A-Za-z0-9_-]/g, "_");
  return name.length === 0 || name.length > 40 ? undefined : name;
}
