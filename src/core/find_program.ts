/** Finds a program as a shell would. */
import { delimiter, isAbsolute, join, resolve } from "node:path";

/** Where it may lie: a name with a slash is a path relative to `folder`, another is in a folder of `path`, in its order. */
export const programPlaces = (name: string, path: string, folder: string): string[] =>
  name.includes("/")
    ? [resolve(folder, name)]
    : path.split(delimiter).filter(isAbsolute).map((at) => join(at, name));

/** The first that can be executed; undefined when there is none. */
export const findProgram = (name: string, path: string, folder: string): string | undefined =>
  programPlaces(name, path, folder).find(isProgramFile);

/** Whether it is a file that somebody may execute, behind links. */
export function isProgramFile(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && ((mode ?? 0o111) & 0o111) !== 0;
  } catch {
    return false;
  }
}
