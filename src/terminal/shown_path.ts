/** Paths and addresses as a user would type them. */
import { relative } from "node:path";

/** Relative to `folder` when below it. */
export function shownPath(path: string, folder: string): string {
  const short = relative(folder, path);
  return short === "" ? "." : short.startsWith("..") ? path : short;
}

/** `sqlite:////work/mlflow.db` is `sqlite:///mlflow.db` in `/work`. */
export function shownTracker(uri: string, folder: string): string {
  const prefix = "sqlite:///";
  return uri.startsWith(`${prefix}/`) ? `${prefix}${shownPath(uri.slice(prefix.length), folder)}` : uri;
}
