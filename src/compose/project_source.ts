/** Where an MLflow project comes from, as its URI says, by MLflow's rules. */
import { join, resolve } from "node:path";
import { refuse } from "../core/error.ts";
import { fileURLToPath } from "../core/file_url.ts";
import { isFolderThere, isThere } from "../core/is_there.ts";
import { showValue } from "../core/parameter.ts";

export type ProjectSource =
  | { readonly is: "folder"; readonly folder: string; readonly below: string }
  /** `url` may hold a user and a password. */
  | { readonly is: "git"; readonly url: string; readonly below: string; readonly version?: string }
  /** `location` is a file's path or an http address. */
  | { readonly is: "zip"; readonly location: string; readonly below: string };

/** Those that git reaches by itself; no other program is started for one. */
const gitSchemes = ["https", "http", "ssh", "git", "file"];

/**
 * `uri` is a folder, an address of git, or an archive ending in `.zip`; after `#` stands a folder below it.
 *
 * A version is a branch, tag or commit of git; of a folder it is taken from the checkout that the folder is.
 * Throws PROJECT_NOT_FOUND.
 */
export async function findProjectSource(
  uri: string,
  version: string | undefined,
  workingFolder: string,
): Promise<ProjectSource> {
  const [written = "", ...rest] = uri.replace(/^['"]+|['"]+$/g, "").split("#");
  const below = rest.join("#");
  const notFound = (because: string, hint: string) =>
    refuse({
      code: "PROJECT_NOT_FOUND",
      message: `Cannot run project \`${shownUri(uri)}\` as ${because}`,
      hint,
    });
  if (below.includes(".") || below.startsWith("/") || below.includes("\0")) {
    return notFound(
      "its folder below has a point in its name, or begins with a slash",
      "Name the folder, as in `URI#folder`",
    );
  }
  if (version !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9_./@{}^~+-]*$/.test(version)) {
    return notFound(`\`${showValue(version)}\` is no version of git`, "Name a branch, a tag or a commit");
  }
  if (/.\.zip$/.test(written)) {
    const isAddress = /^https?:\/\//.test(written);
    return { is: "zip", location: isAddress ? written : pathOf(written, workingFolder) ?? written, below };
  }
  const path = pathOf(written, workingFolder);
  if (path !== undefined && await isFolderThere(path)) {
    if (version === undefined) return { is: "folder", folder: path, below };
    if (!await isThere(join(path, ".git"))) {
      return notFound("it is no checkout of git, which alone has versions", "Leave `--version` out");
    }
    return { is: "git", url: `file://${path}`, below, version };
  }
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(written)?.[1]?.toLowerCase();
  const isOfHost = /^[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:[^:]/.test(written);
  if (!isOfHost && (scheme === undefined || !gitSchemes.includes(scheme))) {
    return notFound(
      "there is no such folder, and it is no address of git",
      "Name a folder with an MLproject or a script, an archive ending in .zip, or an address such as https://…",
    );
  }
  return { is: "git", url: written, below, ...(version === undefined ? {} : { version }) };
}

/** Without user and password. */
export const shownUri = (uri: string): string =>
  showValue(uri.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^/#]*@/, "$1"));

function pathOf(written: string, workingFolder: string): string | undefined {
  if (!written.startsWith("file://")) return resolve(workingFolder, written);
  try {
    return fileURLToPath(written);
  } catch {
    return undefined;
  }
}
