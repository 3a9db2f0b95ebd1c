/** Paths and `file://` URLs, as node:url has them, whose loading would cost more than all other work with paths. */

/** The path of a `file://` URL; POSIX only, as all of sluice. Throws a TypeError for any other URL. */
export function fileURLToPath(url: string | URL): string {
  const { protocol, host, pathname } = new URL(url);
  // A host is another machine's; `localhost` is read as none.
  if (protocol !== "file:" || host !== "") throw new TypeError(`${url} is no file URL`);
  return decodeURIComponent(pathname);
}

/** The `file://` URL of an absolute path; whatever characters it holds. */
export function pathToFileURL(path: string): URL {
  return new URL(`file://${path.split("/").map(encodeURIComponent).join("/")}`);
}
