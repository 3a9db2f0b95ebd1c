/** The machine's own programs, as they are. */
import { digestValue } from "../core/digest.ts";
import { currentPlatform } from "./platform.ts";
import type { HostPython } from "../core/environment.ts";
import type { Provider } from "./provider.ts";

export const provideHost: Provider<"host"> = ({ python }, { variables }) =>
  Promise.resolve({
    is: "present",
    id: digestValue(["host", currentPlatform(), ...(python === undefined ? [] : [python.digest])]),
    description: {
      path: [
        ...(python === undefined ? [] : [python.path]),
        ...(variables["PATH"] ?? "").split(":").filter((folder) => folder.startsWith("/")),
      ],
      variables: userBaseOf(python),
      folders: python?.folders ?? [],
    },
  });

const userBaseOf = (python: HostPython | undefined): Record<string, string> =>
  python?.userBase === undefined ? {} : { PYTHONUSERBASE: python.userBase };
