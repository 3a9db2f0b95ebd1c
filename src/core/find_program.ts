/** Finds a program as a shell would. */
import { findLook } from "./look.ts";
import { delimiter, isAbsolute, join, resolve } from "node:path";

/** Where it may lie: a name with a slash is a path relative to `folder`, another is in a folder of `path`, in its order. */
export const programPlaces = (name: string, path: string, folder: string): string[] =>
  name.includes("/")
    ? [resolve(folder, name)]
    : path.split(delimiter).filter(isAbsolute).map((at) => join(at, name));

/** The first that can be executed; undefined when there is none. */
export const findProgram = (name: string, path: string, folder: string): string | undefined =>
  programPlaces(name, path, folder).find(isProgramFile);

/**
 * The same, by names: what was found for a name is remembered and is looked at again, but not whether another has come
 * before it on the same path since, as with a shell.
 */
export function openProgramFinder(): typeof findProgram {
  const found = new Map<string, string>();
  return (name, path, folder) => {
    if (name.includes("/")) return findProgram(name, path, folder);
    const key = `${path}\0${name}`;
    const known = found.get(key);
    if (known !== undefined && isProgramFile(known)) return known;
    const program = findProgram(name, path, folder);
    if (program !== undefined) found.set(key, program);
    return program;
  };
}

/** Whether it is a file that somebody may execute, behind links. */
export function isProgramFile(path: string): boolean {
  if (findLook(path) === undefined) return false;
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && ((mode ?? 0o111) & 0o111) !== 0;
  } catch {
    return false;
  }
}
