/** The uv that both sides of a comparison use. */
import { findUv as findUvOf } from "../src/environments/uv.ts";

/** On PATH, else in the user's cache, else taken from PyPI into it. */
export function findUv(variables: Readonly<Record<string, string>>, project: string): Promise<string> {
  const cache = `${variables["XDG_CACHE_HOME"] || `${variables["HOME"]}/.cache`}/sluice`;
  const work = { onProgress: () => {}, signal: new AbortController().signal };
  return findUvOf({ project, cache, variables }, work);
}
