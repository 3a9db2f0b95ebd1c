/** Finds a program as a shell would. */
import { delimiter, isAbsolute, join, resolve } from "node:path";

/** A name with a slash is a path relative to `folder`; another is looked for on `path`. Undefined when there is none. */
export function findProgram(name: string, path: string, folder: string): string | undefined {
  if (name.includes("/")) {
    const program = resolve(folder, name);
    return isExecutable(program) ? program : undefined;
  }
  return path.split(delimiter).filter(isAbsolute).map((at) => join(at, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && ((mode ?? 0o111) & 0o111) !== 0;
  } catch {
    return false;
  }
}
