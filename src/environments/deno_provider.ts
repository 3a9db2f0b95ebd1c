/** The Deno that runs sluice. */
import { dirname } from "node:path";
import { digestValue } from "../core/digest.ts";
import { currentPlatform } from "./platform.ts";
import type { Provider } from "./provider.ts";

export const provideDeno: Provider<"deno"> = () => {
  const folder = dirname(Deno.execPath());
  return Promise.resolve({
    is: "present",
    id: digestValue(["deno", Deno.version.deno, currentPlatform()]),
    description: { path: [folder], variables: {}, folders: [folder] },
  });
};
