/** Whether names that others wrote stay where they are meant to lie. */

/** Of one file or folder in a folder. */
export const isFileName = (name: string): boolean =>
  name !== "" && name !== "." && name !== ".." && !/[/\\\0]/.test(name);

/** Of what lies below a folder, spelled the only way: with forward slashes, and no name that means another. */
export const isConfinedPath = (path: string): boolean =>
  path.split("/").every((name) => name !== "" && name !== "." && name !== ".." && !name.includes("\0"));
