/** Versions of Python: which fit a request, and which is newer. */

/** True when `version` begins with the parts of `request`: `3.1` fits 3.1.4 and not 3.12.0. */
export function matchesVersion(request: string, version: string): boolean {
  if (request === version) return true;
  return /^[\d.]+$/.test(version) && `${version}.`.startsWith(`${request}.`);
}

/** Its major and minor part. */
export const minorOf = (version: string): string => /^\d+\.\d+/.exec(version)?.[0] ?? version;

/** Negative when `a` is older. A pre-release is older than its release. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [one, other] = [left[index] ?? 0, right[index] ?? 0];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

/** `3.15.0rc2` is [3, 15, 0, -1, 2]: below [3, 15, 0]. */
function partsOf(version: string): number[] {
  const [, release = "", level, serial = "0"] = /^([\d.]*)(?:(a|b|rc)(\d+))?/.exec(version)!;
  const parts = release.split(".").filter((part) => part !== "").map(Number);
  while (parts.length < 3) parts.push(0);
  return level === undefined ? parts : [...parts, { a: -3, b: -2, rc: -1 }[level]!, Number(serial)];
}

/**
 * Whether `version` satisfies a `requires-python` text such as `>=3.10,<3.14`, `~=3.11`, `==3.12.*`: the version
 * specifiers of PEP 440 that are in use for it. One that is not understood is left to uv, which checks it again.
 */
export function matchesSpecifiers(specifiers: string, version: string): boolean {
  return specifiers.split(",").every((text) => {
    const [, operator, wanted] = /^\s*(~=|===?|!=|<=|>=|<|>)\s*([\w.*]+)\s*$/.exec(text) ?? [];
    if (operator === undefined || wanted === undefined) return true;
    const order = compareVersions(version, wanted.replace(/\.\*$/, ""));
    const isSame = wanted.endsWith(".*") ? matchesVersion(wanted.slice(0, -2), version) : order === 0;
    switch (operator) {
      case ">=":
        return order >= 0;
      case ">":
        return order > 0;
      case "<=":
        return order <= 0;
      case "<":
        return order < 0;
      case "!=":
        return !isSame;
      case "~=":
        return order >= 0 && matchesVersion(wanted.split(".").slice(0, -1).join("."), version);
      default:
        return isSame;
    }
  });
}
