/** Reads the files of an MLflow project. */
import { join } from "node:path";
import { mostYamlBytes, refuseFile } from "../mlproject/refuse_file.ts";

/** The text of `file` below `folder`. Throws PROJECT_FILE_INVALID for what is no file, no text, or too large. */
export async function readProjectFile(folder: string, file: string): Promise<string> {
  const path = join(folder, file);
  const { size, isFile } = await Deno.stat(path);
  if (!isFile) refuseFile(file, "it is no file");
  if (size > mostYamlBytes) refuseFile(file, "it is larger than 256 KiB");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(await Deno.readFile(path));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return refuseFile(file, "it is no UTF-8 text");
  }
}
