/** The MLproject of a folder. */

/** Its name, which may be written in any case; undefined where there is none, or the folder cannot be read. */
export async function findMlproject(folder: string): Promise<string | undefined> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (name.toLowerCase() === "mlproject") names.push(name);
    }
  } catch {
    return undefined;
  }
  return names.sort()[0];
}
