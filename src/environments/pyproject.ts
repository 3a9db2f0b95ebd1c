/** What of a `pyproject.toml` decides on an environment. */
import { refuse } from "../core/error.ts";
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
  const dependencies = project["dependencies"] ?? [];
  if (!isListOfTexts(dependencies)) {
    refuse({
      code: "ENVIRONMENT_INVALID",
      message: "Cannot read `pyproject.toml` as its `project.dependencies` is no list of texts",
      at: { file: path },
      hint: 'Write it as `dependencies = ["numpy>=2"]`',
    });
  }
  const requires = project["requires-python"];
  const content = {
    dependencies,
    requires,
    dynamic: project["dynamic"],
    uv: tableOf(document["tool"])["uv"],
  };
  return { dependencies, content, ...(typeof requires === "string" ? { requires } : {}) };
}

const isListOfTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

function tableOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
