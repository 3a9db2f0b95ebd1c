/** What of a `pyproject.toml` decides on an environment. */
import { readToml } from "./toml.ts";

export interface Pyproject {
  /** `project.dependencies`, as written. */
  readonly dependencies: readonly string[];
  /** `project.requires-python`. */
  readonly requires?: string;
  /** Everything that can change the resolution, as plain JSON; a new formatter setting is not in it. */
  readonly content: unknown;
}

/** Fails with ENVIRONMENT_INVALID and the line where the text is no TOML. */
export function readPyproject(text: string, path: string): Pyproject {
  const document = readToml(text, "pyproject.toml", path);
  const project = tableOf(document["project"]);
  const dependencies = Array.isArray(project["dependencies"]) ? project["dependencies"].map(String) : [];
  const requires = project["requires-python"];
  const content = {
    dependencies,
    requires,
    dynamic: project["dynamic"],
    uv: tableOf(document["tool"])["uv"],
  };
  return { dependencies, content, ...(typeof requires === "string" ? { requires } : {}) };
}

function tableOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
