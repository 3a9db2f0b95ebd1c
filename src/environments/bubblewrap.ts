/** The program bubblewrap: found on PATH, else as it was fetched or can be. */
import { join } from "node:path";
import type { FetchOptions } from "./fetch_bubblewrap.ts";
import { isFile } from "./is_file.ts";

/** Its path; undefined where it cannot be had. The network is asked when neither PATH nor the cache has it. */
export async function findBubblewrap(
  cache: string,
  variables: Readonly<Record<string, string>>,
  options: FetchOptions = {},
): Promise<string | undefined> {
  for (const folder of (variables["PATH"] ?? "").split(":").filter((one) => one.startsWith("/"))) {
    const path = join(folder, "bwrap");
    if (isFile(path)) return path;
  }
  const { fetchedBubblewrap } = await import("./fetch_bubblewrap.ts");
  return await fetchedBubblewrap(cache, variables, options);
}
