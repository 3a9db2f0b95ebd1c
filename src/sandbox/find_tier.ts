/** What can hold a step on this machine: tried for real, once a process at most. */
import { openByShell } from "../core/argv.ts";
import { isMachineError } from "../core/system_error.ts";
import type { Descriptors } from "./descriptors.ts";
import type { SandboxOptions } from "./sandbox_options.ts";
import { recallBubblewrap, rememberBubblewrap } from "./tier_memory.ts";

export type BubblewrapFound =
  | { readonly is: "works"; readonly path: string; readonly disablesNamespaces: boolean }
  | { readonly is: "missing" }
  /** In bubblewrap's own words. */
  | { readonly is: "fails"; readonly path: string; readonly words: string };

/** Runs a program that does nothing in a whole sandbox; what worked before on this machine is not tried again, but `isAfresh`. */
export async function findBubblewrap(
  { cache, findBubblewrap }: Pick<SandboxOptions, "cache" | "findBubblewrap">,
  descriptors: Descriptors,
  isAfresh = false,
): Promise<BubblewrapFound> {
  const path = await findBubblewrap();
  if (path === undefined) return { is: "missing" };
  const known = isAfresh ? undefined : recallBubblewrap(cache, path);
  if (known !== undefined) return { is: "works", path, ...known };
  let words = "";
  for (const disablesNamespaces of [true, false]) {
    const tried = await tryBubblewrap(path, disablesNamespaces, descriptors);
    if (tried === undefined) {
      if (!isAfresh) await rememberBubblewrap(cache, path, { disablesNamespaces });
      return { is: "works", path, disablesNamespaces };
    }
    // The first words tell more, unless they only say that this bubblewrap is older, or set to run as root.
    if (words === "" || /disable-userns/.test(words)) words = tried;
    if (!/disable-userns/.test(tried)) break;
  }
  return { is: "fails", path, words };
}

/** Undefined when it worked, else its words. */
async function tryBubblewrap(
  path: string,
  disablesNamespaces: boolean,
  descriptors: Descriptors,
): Promise<string | undefined> {
  const { bareBubblewrap } = await import("./confine_bubblewrap.ts");
  const policy = {
    folder: "/",
    code: [],
    read: [],
    write: [],
    temporary: "/tmp",
    net: false,
    gpu: false,
    variables: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    run: [],
    servers: [],
  };
  const bare = bareBubblewrap(["true"], policy, { path, disablesNamespaces }, descriptors);
  const [program, ...args] = openByShell(bare.argv, bare.files);
  try {
    const { success, code, stderr } = await new Deno.Command(program, {
      args,
      clearEnv: true,
      env: policy.variables,
      cwd: "/",
      stdin: "null",
      stdout: "null",
    }).output();
    const words = new TextDecoder().decode(stderr).trim();
    return success ? undefined : words === "" ? `it ended with exit code ${code}` : words;
  } catch (error) {
    // It may run the next time: no reason to take less instead.
    if (isMachineError(error)) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

export type LandlockFound =
  | { readonly is: "works"; readonly abi: number }
  /** `abi` is 0 where there is no Landlock at all. */
  | { readonly is: "missing"; readonly abi: number };

/** Below this Landlock does not hold TCP. */
const leastLandlock = 4;

/** Whether the kernel has all that tier two needs. */
export function findLandlock(descriptors: Descriptors): LandlockFound {
  const abi = descriptors.landlockAbi();
  return abi >= leastLandlock ? { is: "works", abi } : { is: "missing", abi };
}
