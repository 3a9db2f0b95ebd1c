/** The entry point that a name stands for, in a project that names it or has a script of that name. */
import { fail, type Result, succeed } from "../core/error.ts";
import type { MlflowProject, ProjectEntryPoint } from "../core/mlproject.ts";
import { nearest } from "../core/nearest.ts";
import { showValue } from "../core/parameter.ts";
import { listNames } from "../core/suggest.ts";
import { quoteWord } from "./fill_command.ts";

/**
 * By MLflow's rules: a name that the file has, else a script ending in `.py`, `.sh` or `.R`; `shell` is the caller's SHELL.
 * Whether the script is there its own interpreter says. Fails with ENTRY_POINT_UNKNOWN.
 */
export function findProjectEntryPoint(
  project: MlflowProject,
  name: string,
  shell: string | undefined,
): Result<ProjectEntryPoint> {
  const named = project.entryPoints.find((entryPoint) => entryPoint.name === name);
  if (named !== undefined) return succeed(named);
  const command = scriptCommand(name, shell);
  if (command !== undefined) return succeed({ name, command, parameters: [], needs: [], place: {} });
  const names = project.entryPoints.map((entryPoint) => entryPoint.name);
  const [only, ...others] = names;
  const near = nearest(name, names);
  const scripts = "a script ending in .py, .sh or .R can be named, too";
  return fail({
    code: "ENTRY_POINT_UNKNOWN",
    message: `Cannot run entry point \`${
      showValue(name)
    }\` as the project has none of that name, and it is no script`,
    ...(project.file === undefined ? {} : { at: { file: project.file } }),
    hint: only === undefined
      ? `The project names no entry points; ${scripts}: \`-e train.py\``
      : others.length === 0
      ? `Pass \`-e ${only}\`, the only one; ${scripts}`
      : `${near === undefined ? "" : `Did you mean \`-e ${near}\`? `}Entry points: ${
        listNames(names)
      }; ${scripts}`,
  });
}

/** Braces in a script's name are no holes. */
function scriptCommand(name: string, shell: string | undefined): string | undefined {
  const file = quoteWord(name).replace(/[{}]/g, "$&$&");
  switch (/[^/]\.[^./]*$/.exec(name)?.[0].slice(1)) {
    case ".py":
      return `python ${file}`;
    case ".sh":
      return `${shell ?? "bash"} ${file}`;
    case ".R":
      return `Rscript -e "mlflow::mlflow_source('${file}')" --args`;
    default:
      return undefined;
  }
}
