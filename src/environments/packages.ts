/** Names and versions of locked packages. */
import { basename } from "node:path";

/** One spelling for what is one package: PyPI's own rule. `numpy>=2`, `numpy==2.1.0 ; …` and `NumPy` are `numpy`. */
export function packageName(requirement: string): string {
  const conda = condaParts(requirement);
  if (conda !== undefined) return conda.name;
  const bare = /^\.{0,2}\//.test(requirement) ? archiveParts(requirement)[0] : requirement;
  return (/^[\w.-]+/.exec(bare)?.[0] ?? bare).toLowerCase().replaceAll(/[-_.]+/g, "-");
}

/** Whether MLflow's client is among locked packages. */
export const hasMlflow = (packages: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(packages).some((pin) => ["mlflow", "mlflow-skinny"].includes(packageName(pin)));

/**
 * Versions by name. What came from elsewhere than an index has the address instead; where the lock holds several for
 * different machines, all of them with what each is for.
 */
export function packageVersions(packages: Readonly<Record<string, unknown>>): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const pin of Object.keys(packages).sort()) {
    const name = packageName(pin);
    const before = versions[name];
    versions[name] = before === undefined ? versionOf(pin) : `${before}, ${versionOf(pin)}`;
  }
  return versions;
}

function versionOf(pin: string): string {
  const conda = condaParts(pin);
  if (conda !== undefined) return conda.version;
  if (/^\.{0,2}\//.test(pin)) return archiveParts(pin)[1] ?? pin;
  return pin.replace(/^[\w.-]+\s*(?:\[[^\]]*\]\s*)?(===?|@)\s*/, "").trim();
}

/** `./alder-1.0-py3-none-any.whl` is [alder, 1.0]. */
function archiveParts(path: string): [string, string | undefined] {
  const name = basename(path).replace(/\.(whl|tar\.gz|zip)$/, "");
  const [, first = name, second] = /^(.+?)-(\d[^-]*)/.exec(name) ?? [];
  return [first, second];
}

/** `https://…/linux-64/python-3.11.7-h1_0.conda`: what its name says; undefined for what is no archive of a channel. */
export function condaParts(
  url: string,
): { readonly name: string; readonly version: string; readonly build: string } | undefined {
  const found = /^(?:https?|file):\/\/\S+\/[^/]+\/([^/]+)-([^/-]+)-([^/-]+)\.(?:conda|tar\.bz2)$/.exec(url);
  return found === null ? undefined : { name: found[1]!.toLowerCase(), version: found[2]!, build: found[3]! };
}
