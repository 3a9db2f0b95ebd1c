/** How the disk answers what is asked of it before a step is shown any of it. */
import { join } from "node:path";
import { isGpuDevice } from "./machine_files.ts";
import type { Found, Look } from "./visible_paths.ts";

/** A link counts as the machine's when root or this user made it. */
export const disk: Look = {
  find(path) {
    try {
      const info = Deno.lstatSync(path);
      if (info.isFile) return { is: "file" };
      if (info.isDirectory) return { is: "folder" };
      return info.isSymlink ? linkAt(path, info.uid) : { is: "other" };
    } catch {
      return undefined;
    }
  },
  list: (path) => [...Deno.readDirSync(path)].map(({ name }) => name),
};

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
