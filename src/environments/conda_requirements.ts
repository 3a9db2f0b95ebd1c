/** What the pip section of a conda environment asks for. */
import type { CondaSpec } from "../core/environment.ts";
import type { Surroundings } from "./provider.ts";
import { readRequirements, type Requirements } from "./requirements.ts";

/** Files that it names are relative to the project. Throws ENVIRONMENT_INVALID. */
export const readCondaPip = (
  spec: CondaSpec,
  { project }: Pick<Surroundings, "project">,
): Promise<Requirements> =>
  readRequirements({ kind: "python", requirements: { from: "list", requirements: spec.pip } }, project);
