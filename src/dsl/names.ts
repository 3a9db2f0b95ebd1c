/** Names: what things in a pipeline may be called, so that each is a flag, an argument and a metric's name. */
import { refuse } from "../core/error.ts";
import { kebabCase } from "../core/kebab_case.ts";
import { inside, type Place } from "../core/place.ts";

const pattern = /^[A-Za-z_][A-Za-z0-9_-]*$/;

const isName = (name: unknown): name is string =>
  typeof name === "string" && pattern.test(name) && name.length <= 200 && !(name in Object.prototype);

/** `what` says what is named: `parameter`, `step`. Fails with NAME_INVALID. */
export function checkName(what: string, name: unknown, at: Place): void {
  if (isName(name)) return;
  refuse({
    code: "NAME_INVALID",
    message: `Cannot name ${withArticle(what)} \`${String(name).slice(0, 60)}\` as a name is ${rule(name)}`,
    at,
    hint: "Such as `train`, `batch_size` or `train-2`",
  });
}

const withArticle = (what: string) => `${/^[aeiou]/.test(what) ? "an" : "a"} ${what}`;

function rule(name: unknown): string {
  if (typeof name === "string" && name.length > 200) return "at most 200 characters long";
  if (typeof name === "string" && name in Object.prototype) {
    return "never one that every JavaScript object has";
  }
  return "made of letters, digits, _ and -, and starts with a letter or _";
}

/** Checks the names of a step's parameters, inputs, outputs and metrics, which share one name space. */
export function checkNameSpace(
  groups: readonly (readonly [what: string, names: readonly string[]])[],
  at: Place,
): void {
  const seen = new Map<string, string>();
  for (const [what, names] of groups) {
    for (const name of names) {
      const here = inside(at, `${what} "${name}"`);
      checkName(what, name, here);
      const key = kebabCase(name);
      const other = seen.get(key);
      if (other !== undefined) {
        refuse({
          code: "NAME_COLLISION",
          message: `Cannot name ${
            withArticle(what)
          } \`${name}\` as ${other} is there and both are \`${key}\` on a command line`,
          at: here,
          hint: "Parameters, inputs, outputs and metrics share one name space: rename one of the two",
        });
      }
      seen.set(key, `${what} \`${name}\``);
    }
  }
}

const reserved = new Set(["main", "help"]);

/** Whether a use can have the name, which becomes an entry point. */
export const isUseName = (name: unknown): name is string => isName(name) && !reserved.has(name);

/** Says why a use cannot have the name. Fails with NAME_INVALID. */
export function checkUseName(name: unknown, at: Place): asserts name is string {
  checkName("step", name, at);
  if (reserved.has(String(name))) {
    refuse({
      code: "NAME_INVALID",
      message: `Cannot name a step \`${name}\` as that is a word of the command line`,
      at,
      hint: "`main` runs what the pipeline returns and `help` prints help: choose another name",
    });
  }
}
