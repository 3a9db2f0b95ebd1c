/** `each`: the same wiring for each item of a list. */
import { callSiteOf } from "./call_site.ts";
import { currentScope, inScope } from "./wiring.ts";

/**
 * Calls `make` once for each item, with a name for the item that is unique in the list.
 *
 * The name of a text or number is itself, with other characters than letters, digits, `_` and `-` turned into `_`
 * (`0.01` is `0_01`); that of anything else is its index. Use it in the names of the uses: help folds them into one line.
 *
 * ```ts
 * const scored = each([0.01, 0.1, 1], (alpha, name) => train.as(`train-${name}`, { data, alpha }));
 * ```
 */
export function each<const T, R>(items: readonly T[], make: (item: T, name: string) => R): readonly R[] {
  const scope = currentScope("`each`", callSiteOf(each));
  const taken = new Set<string>();
  return items.map((item, index) => {
    const own = nameOf(item) ?? String(index);
    const name = taken.has(own) ? `${own}-${index}` : own;
    taken.add(name);
    return inScope({ ...scope, items: [name, ...scope.items] }, () => make(item, name));
  });
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== "string" && typeof item !== "number" && typeof item !== "boolean") return undefined;
  const name = String(item).replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 60);
  return name === "" ? undefined : name;
}
