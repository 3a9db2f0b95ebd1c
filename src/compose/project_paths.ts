/** Values of `path` and `uri` parameters of an MLflow project, by MLflow's rules. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { refuse } from "../core/error.ts";
import type { ProjectParameter } from "../core/mlproject.ts";
import { showValue } from "../core/parameter.ts";

/**
 * What the command gets for a value: of a `path` its absolute form. Throws PARAM_INVALID for a path that is not there, and
 * for a `uri` without a scheme.
 */
export function absolutePath(parameter: ProjectParameter, value: string, workingFolder: string): string {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(value)?.[1]?.toLowerCase();
  switch (parameter.type) {
    case "uri":
      if (scheme === undefined) refuseValue(parameter, value, "it has no scheme such as `https:`");
      return value;
    case "path": {
      if (scheme !== undefined && scheme !== "file") {
        refuseValue(parameter, value, "it is no path of this machine");
      }
      const path = decodeURIComponent(scheme === "file" ? value.replace(/^file:(\/\/(?=\/))?/i, "") : value);
      const absolute = resolve(workingFolder, path);
      if (!existsSync(absolute)) refuseValue(parameter, value, "there is no such file or folder");
      return absolute;
    }
    default:
      return value;
  }
}

function refuseValue({ name, place }: ProjectParameter, value: string, because: string): never {
  return refuse({
    code: "PARAM_INVALID",
    message: `Cannot set parameter \`${name}\` to \`${showValue(value)}\` as ${because}`,
    at: place,
    hint: `Pass \`-P ${name}=VALUE\`; a path is taken from the folder where sluice is started`,
  });
}
