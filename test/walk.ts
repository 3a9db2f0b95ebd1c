/** Files of this repository, for the tests that hold its rules. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository's folder, absolute, with a slash at its end. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

const made = new Set(["node_modules", ".sluice", "mlruns", "__pycache__", ".git"]);

/** Every file below a folder, sorted, by path from the root; what tools and runs make is left out. */
export function walkSync(folder: string): string[] {
  return readdirSync(`${root}${folder}`, { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return made.has(entry.name) ? [] : walkSync(path);
      return entry.isFile() ? [path] : [];
    })
    .sort();
}
