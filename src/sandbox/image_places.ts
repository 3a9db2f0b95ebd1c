/** The files of an image as the places of a sandbox: whole folders, but where something of the step lies in them. */
import { join } from "node:path";
import { isBelow, isWithin, type Place } from "./visible_paths.ts";

export interface ImagePlaces {
  readonly places: readonly Place[];
  readonly links: readonly { readonly at: string; readonly target: string }[];
  /** Folders of the image that are shown by what is in them; outer ones first. */
  readonly folders: readonly string[];
}

/** What is asked of the image's folder. */
export interface ImageLook {
  list(path: string): readonly { readonly name: string; readonly is: "file" | "folder" | "link" | "other" }[];
  readLink(path: string): string;
}

/** The kernel's, and what every step has of its own. */
const left = ["/dev", "/proc", "/sys", "/tmp"];

/** `own` are paths of the step, which go before those of the image; `root` is the image's folder. */
export function imagePlaces(root: string, own: readonly string[], look: ImageLook): ImagePlaces {
  const places: Place[] = [];
  const links: { at: string; target: string }[] = [];
  const folders: string[] = [];
  const visit = (folder: string) => {
    for (const { name, is } of look.list(join(root, folder))) {
      const path = join(folder, name);
      if (left.includes(path) || own.some((at) => isWithin(path, at))) continue;
      const holdsOwn = own.some((at) => isBelow(at, path));
      if (is === "link") {
        // A link on the way to what is the step's own gives way to a folder.
        if (!holdsOwn) links.push({ at: path, target: look.readLink(join(root, path)) });
      } else if (holdsOwn && is === "folder") {
        folders.push(path);
        visit(path);
      } else if (!holdsOwn && is !== "other") {
        places.push({ path, from: join(root, path), is, access: "read", isOptional: false });
      }
    }
  };
  visit("/");
  return { places, links, folders };
}
