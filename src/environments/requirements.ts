/** What a Python spec asks for, read from where it is written: a list, a requirements file, a project. */
import { dirname, join, resolve } from "node:path";
import type { PythonSpec } from "../core/environment.ts";
import { refuse } from "../core/error.ts";
import { parseRequirementsText, type RequirementsText } from "./requirements_text.ts";

/** How the requirements are turned into exact versions. */
export type RequirementsSource =
  | { readonly is: "text" }
  /** `uv pip compile` reads the file itself, with its `[tool.uv]`. */
  | { readonly is: "pyproject"; readonly path: string }
  /** `uv export` of the folder's `uv.lock`. */
  | { readonly is: "uv-lock"; readonly folder: string };

export interface Requirements {
  readonly source: RequirementsSource;
  /** The folder uv runs in, so that it finds the settings of the project. */
  readonly folder: string;
  readonly text: RequirementsText;
  /** What else can change the resolution, as plain JSON; part of the lock's key. */
  readonly content: unknown;
  /** `3.12`, of `.python-version` beside the file. */
  readonly version?: string;
  /** `>=3.10`, of the project's `requires-python`. */
  readonly requires?: string;
}

/** Reads them; fails with ENVIRONMENT_INVALID, naming file and line. */
export async function readRequirements(spec: PythonSpec, project: string): Promise<Requirements> {
  const { requirements } = spec;
  if (requirements.from === "list") {
    const text = parseRequirementsText(requirements.requirements.join("\n"), { folder: project });
    return { source: { is: "text" }, folder: project, text, content: null };
  }
  const path = resolve(project, requirements.path);
  const kind = await kindOf(path);
  if (kind === "folder") return await readProject(path);
  if (path.endsWith(".toml")) return await readProject(dirname(path));
  const folder = dirname(path);
  const text = parseRequirementsText(await Deno.readTextFile(path), { folder, file: path });
  return { source: { is: "text" }, folder, text, content: null, ...await pythonVersionFile(folder) };
}

async function kindOf(path: string): Promise<"file" | "folder"> {
  try {
    return (await Deno.stat(path)).isDirectory ? "folder" : "file";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    refuse({
      code: "ENVIRONMENT_INVALID",
      message: `Cannot read the requirements of the environment as \`${path}\` does not exist`,
      at: { file: path },
      hint: "Name a `requirements.txt`, a `pyproject.toml` or a folder with one",
    });
  }
}

async function readProject(folder: string): Promise<Requirements> {
  const path = join(folder, "pyproject.toml");
  const text = await readTextIfThere(path);
  if (text === undefined) {
    refuse({
      code: "ENVIRONMENT_INVALID",
      message: `Cannot read the requirements of the environment as \`${folder}\` holds no \`pyproject.toml\``,
      at: { file: folder },
      hint: "Name a `requirements.txt`, a `pyproject.toml` or a folder with one",
    });
  }
  const { readPyproject } = await import("./pyproject.ts");
  const { dependencies, requires, content } = readPyproject(text, path);
  const locked = await readTextIfThere(join(folder, "uv.lock"));
  return {
    source: locked === undefined ? { is: "pyproject", path } : { is: "uv-lock", folder },
    folder,
    text: { requirements: dependencies, constraints: [], options: [], places: [], files: {} },
    // The project's own words too: a lock of other words than they are now is not taken unseen.
    content: locked === undefined ? content : { lock: locked, project: content },
    ...(requires === undefined ? {} : { requires }),
    ...await pythonVersionFile(folder),
  };
}

/** The first line of `.python-version`, where it is a plain version: pyenv and uv both obey it. */
async function pythonVersionFile(folder: string): Promise<{ version?: string }> {
  const text = await readTextIfThere(join(folder, ".python-version"));
  const version = text?.split("\n", 1)[0]?.trim();
  return version !== undefined && /^3(\.\d+){0,2}$/.test(version) ? { version } : {};
}

async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
