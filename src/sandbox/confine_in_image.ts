/** A program that sees the files of an image in the place of the machine's own, inside bubblewrap. */
import { dirname, join } from "node:path";
import type { Argv } from "../core/argv.ts";
import { refuse } from "../core/error.ts";
import { programPlaces } from "../core/find_program.ts";
import { findLook } from "../core/look.ts";
import type { SandboxPolicy } from "../core/ports/sandbox.ts";
import { disk } from "./disk.ts";
import { imagePlaces } from "./image_places.ts";
import { findLibraries } from "./libraries.ts";
import { wishesOf } from "./program_needs.ts";
import type { Showing } from "./shown_to_step.ts";
import { isWithin, type Visible, visiblePaths } from "./visible_paths.ts";

export interface InImage {
  readonly argv: Argv;
  readonly visible: Visible;
  /** Of the forwarder alone, which takes them away again. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Where the forwarder finds Deno and its libraries, which the image need not have. */
const ownFolder = "/.sluice";

/**
 * What the program sees, and its arguments, led through the forwarder where it has servers to reach. `replaced` are files
 * that something else stands for. Throws STEP_NOT_STARTED.
 */
export async function confineInImage(
  argv: Argv,
  policy: SandboxPolicy & { readonly root: string },
  { needs, guarded, hidden }: Showing,
  replaced: readonly string[],
): Promise<InImage> {
  const { root } = policy;
  const wishes = wishesOf({ is: "command", argv }, policy, needs).filter(({ from }) => from === "step");
  const shown = [policy.folder, ...guarded];
  const step = visiblePaths(
    wishes,
    { folder: policy.folder, guarded: [...shown, policy.temporary], hidden: [...shown, ...hidden] },
    disk,
  );
  const usesServer = policy.servers.some(({ is }) => is === "socket");
  const own = [
    ...usesServer ? await forwarderPlaces(needs.deno) : [],
    ...policy.net === true ? networkPlaces() : [],
  ];
  const taken = [
    ...step.places.map(({ path }) => path),
    ...step.links.map(({ at }) => at),
    ...own.map(({ path }) => path),
    ...replaced,
    step.folder,
  ];
  const image = imagePlaces(root, taken, {
    list: (path) =>
      [...Deno.readDirSync(path)].map(({ name, isFile, isDirectory, isSymlink }) => ({
        name,
        is: isFile ? "file" : isDirectory ? "folder" : isSymlink ? "link" : "other",
      })),
    readLink: Deno.readLinkSync,
  });
  const places = [...image.places, ...step.places, ...own];
  const folders = new Set([
    ...step.folders,
    ...image.folders,
    ...[...own.map(({ path }) => path), ...replaced].flatMap((path) => foldersAbove(path)),
  ]);
  requireProgram(argv[0], policy, step);
  return {
    argv: await throughForwarder(argv, policy),
    variables: usesServer ? { DENO_DIR: "/dev/null/deno" } : {},
    visible: {
      places: places.sort((a, b) => a.path < b.path ? -1 : 1),
      links: [...image.links, ...step.links],
      folders: [...folders].filter((path) => !places.some((place) => isWithin(path, place.path))).sort(),
      split: step.split,
      folder: step.folder,
    },
  };
}

const foldersAbove = (path: string): string[] => {
  const all: string[] = [];
  for (let at = dirname(path); at !== "/"; at = dirname(at)) all.push(at);
  return all;
};

const readOnly = (path: string, from: string) =>
  ({ path, from, is: "file", access: "read", isOptional: false }) as const;

async function forwarderPlaces(deno: string) {
  const { loader, libraries } = await findLibraries(deno);
  return [
    readOnly(`${ownFolder}/deno`, deno),
    readOnly(`${ownFolder}/loader`, loader),
    ...Object.entries(libraries).map(([name, path]) => readOnly(`${ownFolder}/libraries/${name}`, path)),
  ];
}

/** How names are looked up is this machine's own. */
const networkPlaces = () =>
  ["/etc/resolv.conf", "/etc/hosts"].filter((path) => findLook(path) !== undefined)
    .map((path) => readOnly(path, Deno.realPathSync(path)));

async function throughForwarder(argv: Argv, { servers }: SandboxPolicy): Promise<Argv> {
  if (servers.every((server) => server.is !== "socket")) return argv;
  const { withForwarder } = await import("./forwarder_arguments.ts");
  return withForwarder(argv, servers, [
    `${ownFolder}/loader`,
    ...["--library-path", `${ownFolder}/libraries`, `${ownFolder}/deno`],
  ], undefined);
}

/** Of the image or of the step. Whether it can be executed the kernel says. */
function requireProgram(
  name: string,
  policy: SandboxPolicy & { readonly root: string },
  step: Visible,
): void {
  const path = policy.variables["PATH"] ?? "";
  const isThere = programPlaces(name, path, policy.folder).some((place) =>
    step.places.some((shown) => isWithin(place, shown.path))
      ? findLook(place) !== undefined
      : findLook(join(policy.root, place)) !== undefined
  );
  if (isThere) return;
  refuse({
    code: "STEP_NOT_STARTED",
    message: `Cannot start \`${name}\` as the image has no such program${
      name.includes("/") ? "" : " on its PATH"
    }`,
    hint: "Name a program of the image, or one of the step's sources",
  });
}
