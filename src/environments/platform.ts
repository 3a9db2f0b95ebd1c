/** The machine, as far as environments depend on it. */

export interface Platform {
  /** Operating system and processor, such as `linux-x86_64`: what packages are built for. */
  readonly target: string;
  /** The release of the system whose libraries programs meet, such as `debian 12`. */
  readonly release: string;
}

let known: Platform | undefined;

/**
 * This machine's platform. The release is ID and VERSION_ID of os-release(5), not the kernel's: a new kernel
 * changes no library. Systems without that file give their own release number.
 */
export function currentPlatform(): Platform {
  return known ??= { target: `${Deno.build.os}-${Deno.build.arch}`, release: findRelease() };
}

function findRelease(): string {
  for (const path of ["/etc/os-release", "/usr/lib/os-release"]) {
    try {
      return readRelease(Deno.readTextFileSync(path));
    } catch {
      // Not every system has the file.
    }
  }
  return `${Deno.build.os} ${Deno.osRelease()}`;
}

/** `ID VERSION_ID` of the text of an os-release file; rolling distributions have no version. */
export function readRelease(text: string): string {
  const value = (name: string) => new RegExp(`^${name}=["']?([^"'\n]*)`, "m").exec(text)?.[1]?.trim();
  return [value("ID") ?? "linux", value("VERSION_ID") ?? value("BUILD_ID")].filter((part) => part).join(" ");
}
