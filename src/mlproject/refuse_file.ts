/** What is wrong with a file of a project. */
import { refuse } from "../core/error.ts";
import type { Position } from "./yaml_value.ts";

/** Those of people are a hundredth of it. */
export const mostYamlBytes = 1 << 18;

/** Refuses a file of a project: `what` completes "as …". */
export function refuseFile(file: string, what: string, at?: Position, hint?: string): never {
  return refuse({
    code: "PROJECT_FILE_INVALID",
    message: `Cannot read \`${file}\` as ${what}`,
    at: { file, ...(at === undefined ? {} : { line: at.line, column: at.column }) },
    ...(hint === undefined ? {} : { hint }),
  });
}
