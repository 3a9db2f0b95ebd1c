/** TOML files of projects. */
import { parse } from "smol-toml";
import { refuse } from "../core/error.ts";

/** Fails with ENVIRONMENT_INVALID and the line where the text is no TOML; `name` is that of the file, to be shown. */
export function readToml(text: string, name: string, path: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const line = error instanceof Error && "line" in error && typeof error.line === "number"
      ? error.line
      : undefined;
    refuse({
      code: "ENVIRONMENT_INVALID",
      message: `Cannot read \`${name}\` as it is no TOML: ${reason.split("\n", 1)[0]}`,
      at: { file: path, ...(line === undefined ? {} : { line }) },
      hint: "Correct the line",
    });
  }
}
