/** Whether something lies at a path, links followed; what may not be looked at does not. */

export const isThere = (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false);
export const isFileThere = (path: string): Promise<boolean> =>
  Deno.stat(path).then((info) => info.isFile, () => false);
export const isFolderThere = (path: string): Promise<boolean> =>
  Deno.stat(path).then((info) => info.isDirectory, () => false);
