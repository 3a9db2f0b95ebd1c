/** What of a `pyproject.toml` decides on an environment. */
import { parse } from "smol-toml";
import { refuse } from "../core/error.ts";

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
  const document = parseToml(text, path);
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

function parseToml(text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const line = error instanceof Error && "line" in error && typeof error.line === "number"
      ? error.line
      : undefined;
    refuse({
      code: "ENVIRONMENT_INVALID",
      message: `Cannot read \`pyproject.toml\` as it is no TOML: ${reason.split("\n", 1)[0]}`,
      at: { file: path, ...(line === undefined ? {} : { line }) },
      hint: "Correct the line",
    });
  }
}

function tableOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
