/** Where in a user's files a thing was said. */
import { z } from "zod";
import { lazySchema } from "./lazy_schema.ts";

/** A place in a file, and within what it says. */
export interface Place {
  /** A file, as the user would type it, or a `file://` URL. */
  readonly file?: string | undefined;
  /** From 1. */
  readonly line?: number | undefined;
  /** From 1. */
  readonly column?: number | undefined;
  /** Outermost first, such as `step "train"`, `parameter "alpha"`. */
  readonly within?: readonly string[] | undefined;
}
// The type is written out, as `deno pack` makes declarations of what mod.ts reaches without inference.
export const PlaceSchema: z.ZodType<Place> = lazySchema(() =>
  z.object({
    file: z.string().optional(),
    line: z.number().int().optional(),
    column: z.number().int().optional(),
    within: z.array(z.string()).readonly().optional(),
  }).readonly()
);

/** `pipeline.ts:12:7: step "train": parameter "alpha"`; URLs are shown relative to `folder` when below it. */
export function formatPlace(place: Place, folder = workingFolder()): string {
  const file = place.file === undefined ? undefined : shorten(place.file, folder);
  const position = [file, place.line, place.column].filter((part) => part !== undefined).join(":");
  return [...(position === "" ? [] : [position]), ...(place.within ?? [])].join(": ");
}

/** The same place, one level further in. */
export const inside = (place: Place, ...within: string[]): Place => ({
  ...place,
  within: [...(place.within ?? []), ...within],
});

/**
 * The same object with a place: that of `origin`, which is asked for it when somebody asks the object.
 *
 * To read the places of 100,000 uses of steps from the stack takes half a second, and to give each object a getter of
 * its own takes six times the memory of the object.
 */
export function placeAs<T extends object>(object: T, origin: Placed): T & Placed {
  Object.defineProperty(object, originKey, { value: origin });
  return Object.defineProperty(object, "place", placeOfOrigin) as T & Placed;
}

/** What has a place. */
export interface Placed {
  readonly place: Place;
}

const originKey = Symbol("origin");
const placeOfOrigin = {
  get(this: { readonly [originKey]: Placed }): Place {
    return this[originKey].place;
  },
  enumerable: true,
};

function shorten(file: string, folder: string): string {
  const path = file.startsWith("file://") ? decodeURIComponent(new URL(file).pathname) : file;
  return folder !== "" && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
}

/** Empty where the process may not ask, as in a sandboxed step. */
function workingFolder(): string {
  try {
    return Deno.cwd();
  } catch {
    return "";
  }
}
