/** The Deno that runs sluice. */
import { dirname } from "node:path";
import { digestValue } from "../core/digest.ts";
import { currentPlatform } from "./platform.ts";
import type { Provider } from "./provider.ts";

export const provideDeno: Provider<"deno"> = () => {
  const folder = dirname(Deno.execPath());
  const id = digestValue(["deno", Deno.version.deno, currentPlatform()]);
  return Promise.resolve({
    ...{ is: "present", id, description: { path: [folder], variables: {}, folders: [folder] } },
    contents: {
      kind: "deno",
      // Its version stands for its bytes: reading 100 MB at each start would cost more than a small run.
      interpreter: { version: Deno.version.deno, digest: id },
      packages: {},
      platform: currentPlatform().target,
    },
  });
};
