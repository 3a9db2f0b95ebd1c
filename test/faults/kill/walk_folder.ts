/** All that lies below a folder. */
import { join } from "node:path";

export interface Found {
  /** Relative to the folder, with `/` before it. */
  readonly path: string;
  readonly isFolder: boolean;
}

/** Sorted by path. What goes meanwhile is left out. */
export function walkFolder(folder: string, above = ""): Found[] {
  try {
    return [...Deno.readDirSync(join(folder, above))].sort((a, b) => a.name < b.name ? -1 : 1)
      .flatMap(({ name, isDirectory: isFolder }) => {
        const path = `${above}/${name}`;
        return [{ path, isFolder }, ...isFolder ? walkFolder(folder, path) : []];
      });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
