/** The machine's own programs, as they are. */
import { digestValue } from "../core/digest.ts";
import { currentPlatform } from "./platform.ts";
import type { Provider } from "./provider.ts";

export const provideHost: Provider<"host"> = (_, { variables }) =>
  Promise.resolve({
    is: "present",
    id: digestValue(["host", currentPlatform()]),
    description: {
      path: (variables["PATH"] ?? "").split(":").filter((folder) => folder.startsWith("/")),
      variables: {},
      folders: [],
    },
  });
