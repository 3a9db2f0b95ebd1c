/** From what a step may touch to a list of places of which none lies in another. */
import { basename, dirname, join, normalize } from "node:path";
import { refuse } from "../core/error.ts";

/** What is asked of the disk; links are never followed by it. */
export interface Look {
  /** Undefined when nothing is there, or it may not be looked at. */
  find(path: string): Found | undefined;
  /** The names in a folder. */
  list(path: string): readonly string[];
}
export type Found =
  | { readonly is: "file" | "folder" | "other" }
  | { readonly is: "link"; readonly target: string; readonly isTrusted: boolean };

/** A place to show. */
export interface Wish {
  /** Absolute. */
  readonly path: string;
  readonly access: "read" | "write";
  /** The machine's own are shown where they are there; what a step declares must be there. */
  readonly from: "machine" | "step";
  /** A link itself is shown as a link, with or without what it leads to. */
  readonly keepsLink?: boolean;
}

/** Real paths: no component of them is a link. */
export interface Visible {
  /** None lies in another one, nor in a link. Sorted. */
  readonly places: readonly Place[];
  /** Links of the machine that lead to them. */
  readonly links: readonly { readonly at: string; readonly target: string }[];
  /** Every folder that leads to a place or a link, and lies in none. Sorted, so outer ones first. */
  readonly folders: readonly string[];
  /** Folders that were wished for and are shown by what is in them. */
  readonly split: readonly string[];
  /** The working folder. */
  readonly folder: string;
}
export interface Place {
  readonly path: string;
  /** Where it lies on this machine; at the same path when absent. */
  readonly from?: string;
  readonly is: "file" | "folder" | "other";
  readonly access: "read" | "write";
  /** Whether a step can do without it, should it be gone when it is shown: nothing declared it by itself. */
  readonly isOptional: boolean;
}

/** The kernel makes these; nothing in them can be granted as a file. */
const kernelFolders = ["/dev", "/proc", "/sys"];
/** A folder with more entries than this is not taken apart. */
const mostEntries = 2000;
const mostLinks = 40;

/**
 * Says what is shown for the wishes.
 *
 * A link is followed when it is the machine's: `isTrusted`, and not below a folder of `guarded`, which hold what a
 * git checkout, an archive or another step may have written; or when it leads to the working folder. `hidden` folders
 * stay out of the machine's own places.
 * A folder to read that holds one to write, or a hidden one, is taken apart, so that nothing has to be put into what was
 * shown before. Throws STEP_NOT_STARTED for a link that is not followed, and for what cannot be shown.
 */
export function visiblePaths(
  wishes: readonly Wish[],
  options: {
    readonly folder: string;
    readonly guarded: readonly string[];
    readonly hidden: readonly string[];
  },
  look: Look,
): Visible {
  const world = openWorld(look, options);
  const places = new Map<string, WishedPlace>();
  for (const { path, access, from, keepsLink = false } of wishes) {
    if (keepsLink && world.keepLink(path, from)) continue;
    const found = world.resolve(path, from);
    if (found === undefined) continue;
    const before = places.get(found.path);
    if (before === undefined || before.access === "read") {
      places.set(found.path, { ...found, access, from, isOptional: from === "machine" });
    }
  }
  const folder = world.resolve(options.folder, "step");
  const hidden = options.hidden.map(world.realPath);
  const split: string[] = [];
  for (;;) {
    const outer = findHolder(places, hidden);
    if (outer === undefined) break;
    takeApart(outer, hidden, places, world);
    split.push(outer.path);
  }
  const kept = uncovered(places);
  const links = world.links().filter(({ at }) => !isShown(at, kept));
  const ends = [...kept.keys(), ...links.map(({ at }) => at)].map((path) => dirname(path));
  const folders = new Set([...ends, ...(folder === undefined ? [] : [folder.path])].flatMap(withParents));
  return {
    places: [...kept.values()].map(({ from: _, ...place }) => place)
      .sort((a, b) => a.path < b.path ? -1 : 1),
    links,
    folders: [...folders].filter((path) => !isShown(path, kept)).sort(),
    split: split.sort(),
    folder: folder?.path ?? options.folder,
  };
}

type WishedPlace = Place & Pick<Wish, "from">;

/** A folder to read that cannot be shown whole. */
function findHolder(
  places: ReadonlyMap<string, WishedPlace>,
  hidden: readonly string[],
): WishedPlace | undefined {
  const whole = places.get("/");
  if (whole !== undefined) return whole;
  const written = [...places.values()].filter(({ access }) => access === "write").map(({ path }) => path);
  const isWritten = (path: string) =>
    withParents(dirname(path)).some((at) => places.get(at)?.access === "write");
  const holders = (path: string) =>
    withParents(dirname(path)).flatMap((at) => {
      const place = places.get(at);
      return place?.access === "read" ? [place] : [];
    });
  return written.filter((path) => !isWritten(path)).flatMap(holders)[0] ??
    hidden.flatMap(holders).find(({ from }) => from === "machine");
}

/** Puts what is in a folder in its place, less what is hidden. */
function takeApart(
  { path: folder, access, from }: WishedPlace,
  hidden: readonly string[],
  places: Map<string, WishedPlace>,
  world: World,
): void {
  const names = world.list(folder);
  if (names.length > mostEntries) {
    refuse({
      code: "STEP_NOT_STARTED",
      message:
        `Cannot show \`${folder}\` less a folder in it, as it has ${names.length} entries to be shown one by one`,
      hint: "Grant less than the whole folder, or move what a step writes out of it",
    });
  }
  places.delete(folder);
  const left = [...(folder === "/" ? ["/tmp", ...kernelFolders] : []), ...(from === "machine" ? hidden : [])];
  for (const name of names) {
    const path = join(folder, name);
    if (left.includes(path) || places.has(path)) continue;
    const found = world.enter(path);
    if (found !== undefined && found.is !== "link") {
      places.set(path, { path, is: found.is, access, from, isOptional: true });
    }
  }
}

/** Less what lies in another place: after all was taken apart that had to be, that is of no smaller access. */
const uncovered = (places: ReadonlyMap<string, WishedPlace>): ReadonlyMap<string, WishedPlace> =>
  new Map([...places].filter(([path]) => !withParents(dirname(path)).some((folder) => places.has(folder))));

const isShown = (path: string, places: ReadonlyMap<string, unknown>): boolean =>
  withParents(path).some((at) => places.has(at));

interface World {
  resolve(path: string, from: Wish["from"]): Pick<Place, "path" | "is"> | undefined;
  /** Without showing what leads there; the path itself where nothing is there. */
  realPath(path: string): string;
  list(path: string): readonly string[];
  /** What is at a path whose folder is real; a link found there is kept. */
  enter(path: string): Found | undefined;
  /** Whether it is a link, which is then shown as one. */
  keepLink(path: string, from: Wish["from"]): boolean;
  links(): readonly { readonly at: string; readonly target: string }[];
}

function openWorld(
  look: Look,
  { guarded, folder }: { readonly guarded: readonly string[]; readonly folder: string },
): World {
  const seen = new Map<string, Found | undefined>();
  const links = new Map<string, string>();
  const find = (path: string) => {
    if (!seen.has(path)) seen.set(path, look.find(path));
    return seen.get(path);
  };
  const follow = (
    wished: string,
    from: Wish["from"],
    isFollowed: (link: string, isTrusted: boolean) => boolean,
    keep: (link: string, target: string) => void,
  ): Pick<Place, "path" | "is"> | undefined => {
    let rest = normalize(wished).split("/").filter((name) => name !== "");
    let at = "/";
    let found: Found | undefined = { is: "folder" };
    for (let followed = 0; rest.length > 0;) {
      const path = join(at, rest[0]!);
      found = find(path);
      if (found === undefined) return from === "machine" ? undefined : refuseMissing(wished, path);
      if (found.is !== "link") {
        [at, rest] = [path, rest.slice(1)];
        continue;
      }
      if (++followed > mostLinks || !isFollowed(path, found.isTrusted)) refuseLink(wished, path);
      keep(path, found.target);
      const target = normalize(join(found.target.startsWith("/") ? "/" : at, found.target));
      [at, rest] = ["/", [...target.split("/").filter((name) => name !== ""), ...rest.slice(1)]];
      found = { is: "folder" };
    }
    return { path: at, is: found.is };
  };
  const realPath = (path: string) => follow(path, "machine", () => true, () => {})?.path ?? path;
  const allGuarded = [...new Set([...guarded, ...guarded.map(realPath)])];
  // What leads to the working folder is how the user called it.
  const isFollowed = (link: string, from: Wish["from"], isTrusted: boolean) =>
    from === "machine" || isWithin(folder, link) ||
    isTrusted && !allGuarded.some((outer) => isBelow(link, outer));
  const world: World = {
    list: look.list,
    links: () => [...links].map(([at, target]) => ({ at, target })).sort((a, b) => a.at < b.at ? -1 : 1),
    keepLink(path, from) {
      if (find(path)?.is !== "link") return false;
      const folder = world.resolve(dirname(path), from);
      return folder !== undefined && world.enter(join(folder.path, basename(path)))?.is === "link";
    },
    enter(path) {
      const found = find(path);
      if (found?.is === "link") links.set(path, found.target);
      return found;
    },
    realPath,
    resolve(wished, from) {
      checkWish(wished, from);
      return follow(
        wished,
        from,
        (link, isTrusted) => isFollowed(link, from, isTrusted),
        (link, target) => links.set(link, target),
      );
    },
  };
  return world;
}

function checkWish(path: string, from: Wish["from"]): void {
  if (!path.startsWith("/") || path.includes("\0")) {
    throw new Error(`${JSON.stringify(path)} is no absolute path`);
  }
  const isKernels = kernelFolders.some((folder) => isWithin(path, folder)) && !isBelow(path, "/dev/shm");
  if (isKernels && from === "step") {
    refuse({
      code: "STEP_NOT_STARTED",
      message: `Cannot show \`${path}\` to a step as it is a folder of the kernel's`,
      hint: "A step has devices and a /proc of its own; graphics processors are granted with `gpu: true`",
    });
  }
}

function refuseMissing(wished: string, path: string): never {
  return refuse({
    code: "STEP_NOT_STARTED",
    message: `Cannot show \`${wished}\` to a step as ${
      path === wished ? "it" : `\`${path}\``
    } is not there or may not be looked at`,
    hint: "See that what the step declares is there",
  });
}

function refuseLink(wished: string, link: string): never {
  return refuse({
    code: "STEP_NOT_STARTED",
    message: `Cannot show \`${wished}\` to a step as ${
      link === wished ? "it" : `\`${link}\``
    } is a symbolic link, and may lead to what the step did not declare`,
    hint: "Name what the link leads to, or put the file itself in its place",
  });
}

/** With the path itself; without the root. */
function withParents(path: string): string[] {
  const all: string[] = [];
  for (let at = path; at !== "/" && at !== "."; at = dirname(at)) all.push(at);
  return all;
}

/** Below `folder`, and not the folder itself. */
export const isBelow = (path: string, folder: string): boolean =>
  path !== folder && path.startsWith(folder === "/" ? "/" : `${folder}/`);
/** Whether a path is the folder itself, or below it. */
export const isWithin = (path: string, folder: string): boolean => path === folder || isBelow(path, folder);
