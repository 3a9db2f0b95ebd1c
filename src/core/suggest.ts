/** Hints that name what is there. */
import { nearest } from "./nearest.ts";

/** ``Did you mean `alpha`? Parameters: `alpha`, `seed` ``. */
export function suggest(name: string, what: string, names: readonly string[]): string {
  const near = nearest(name, names);
  const all = names.length === 0 ? `There are no ${what.toLowerCase()}` : `${what}: ${listNames(names)}`;
  return near === undefined ? all : `Did you mean \`${near}\`? ${all}`;
}

/** At most a dozen names, then how many more. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 12).map((name) => `\`${name}\``).join(", ");
  return names.length > 12 ? `${shown} and ${names.length - 12} more` : shown;
}
