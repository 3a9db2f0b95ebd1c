/** How a name is written on a command line. */

/** `l1Ratio` and `l1_ratio` are both `l1-ratio`; dots and slashes stay. */
export const kebabCase = (name: string): string =>
  /^[a-z0-9-]*$/.test(name) ? name : name.replaceAll("_", "-").replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1-$2").toLowerCase();
