/** How the disk answers what is asked of it before a step is shown any of it. */
import { join } from "node:path";
import { findLook } from "../core/look.ts";
import { isMachineError } from "../core/system_error.ts";
import { isGpuDevice, machineFiles } from "./machine_files.ts";
import type { Found, Look } from "./visible_paths.ts";

/** Of the machine's own files, which are the same for every step: most of those that may be there are not. */
const known = new Map<string, Found | undefined>();
const knownPaths = new Set(machineFiles.map(({ path }) => path));

/** A link counts as the machine's when root or this user made it. */
export const disk: Look = {
  find(path) {
    if (!knownPaths.has(path)) return findNow(path);
    if (!known.has(path)) known.set(path, findNow(path));
    return known.get(path);
  },
  list: (path) => [...Deno.readDirSync(path)].map(({ name }) => name),
};

function findNow(path: string): Found | undefined {
  const look = findLook(path);
  if (look?.is === "file" || look?.is === "folder") return { is: look.is };
  try {
    const info = Deno.lstatSync(path);
    if (info.isFile) return { is: "file" };
    if (info.isDirectory) return { is: "folder" };
    return info.isSymlink ? linkAt(path, info.uid) : { is: "other" };
  } catch (error) {
    if (isMachineError(error)) throw error;
    return undefined;
  }
}

const linkAt = (path: string, owner: number | null): Found => ({
  is: "link",
  target: Deno.readLinkSync(path),
  isTrusted: owner === 0 || owner === Deno.uid(),
});

/** Of graphics processors there are. */
export function listGpuDevices(): string[] {
  return [...Deno.readDirSync("/dev")].filter(({ name }) => isGpuDevice(name)).map(({ name }) =>
    join("/dev", name)
  );
}
