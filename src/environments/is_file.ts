/** True when `path` leads to a file; links are followed, so false for one whose target is gone. */
export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
