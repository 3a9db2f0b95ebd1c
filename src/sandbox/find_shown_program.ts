/** Finds a step's program among what is shown to it. */
import { refuse } from "../core/error.ts";
import { isProgramFile, programPlaces } from "../core/find_program.ts";
import type { SandboxPolicy } from "../core/ports/sandbox.ts";
import { isWithin, type Visible } from "./visible_paths.ts";

/**
 * As a shell would: a name with a slash is a path from the working folder, another is looked for on the step's PATH.
 * Throws STEP_NOT_STARTED, saying whether it is missing or only not shown.
 */
export function findShownProgram(
  name: string,
  policy: Pick<SandboxPolicy, "folder" | "variables">,
  visible: Visible,
): string {
  const path = policy.variables["PATH"] ?? "";
  let hidden: string | undefined;
  for (const program of programPlaces(name, path, policy.folder)) {
    if (!isProgramFile(program)) continue;
    if (isShown(program, visible)) return program;
    hidden ??= program;
  }
  return refuse({
    code: "STEP_NOT_STARTED",
    message: hidden !== undefined
      ? `Cannot start \`${name}\` as the step is not shown \`${hidden}\``
      : name.includes("/")
      ? `Cannot start \`${name}\` as there is no such program`
      : `Cannot start \`${name}\` as there is no such program on the step's PATH, \`${path}\``,
    hint: hidden !== undefined
      ? "Name it among the step's sources, or grant it with `read`"
      : "Name a program of the step's environment, of the system, or of its sources",
  });
}

function isShown(path: string, { places }: Visible): boolean {
  try {
    const real = Deno.realPathSync(path);
    return places.some((place) => isWithin(real, place.path));
  } catch {
    return false;
  }
}
