/** A policy as Deno's flags, for the process of a `run` function. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import { refuse } from "../core/error.ts";
import type { Program, SandboxPolicy } from "../core/ports/sandbox.ts";

/**
 * `run --no-prompt …permissions… --preload MODULE CHILD MODULE STEP`.
 *
 * The module is preloaded, not imported: what it imports needs no permission, what its code does needs the step's.
 * Nothing is fetched, as whoever planned the step has loaded the same modules.
 */
export function denoArguments(
  program: Extract<Program, { is: "function" }>,
  policy: SandboxPolicy,
  child: string,
): string[] {
  const config = findDenoConfig(dirname(fileURLToPath(program.module)));
  return [
    "run",
    "--no-prompt",
    "--quiet",
    "--cached-only",
    "--no-lock",
    ...(config === undefined ? [] : ["--config", config]),
    ...list("--allow-read", policy.read),
    ...list("--allow-write", policy.write),
    ...list("--allow-env", Object.keys(policy.variables)),
    ...list("--allow-run", policy.run),
    ...(policy.net === true ? ["--allow-net"] : list("--allow-net", reachableHosts(policy))),
    "--preload",
    program.module,
    child,
    program.module,
    program.step,
  ];
}

/** Named hosts, and the servers of ours. */
const reachableHosts = ({ net, servers }: SandboxPolicy): string[] => [
  ...(typeof net === "boolean" ? [] : net),
  ...servers.map(({ port }) => `127.0.0.1:${port}`),
];

/** A flag with its values. No values: no flag, so no permission. Deno has no way to write a comma in one. */
function list(flag: string, values: readonly string[]): string[] {
  const unwritable = values.find((value) => value.includes(","));
  if (unwritable !== undefined) {
    refuse({
      code: "STEP_NOT_STARTED",
      message:
        `Cannot grant a function \`${unwritable}\` as Deno's permissions cannot name what has a comma in it`,
      hint: "Use a path without commas; the folder of the tracker's file counts, too",
    });
  }
  return values.length === 0 ? [] : [`${flag}=${values.join(",")}`];
}

/** The configuration Deno itself would take for a program in `folder`; undefined when there is none. */
export function findDenoConfig(folder: string): string | undefined {
  for (let at = folder;; at = dirname(at)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const path = join(at, name);
      if (isFile(path)) return path;
    }
    if (at === dirname(at)) return undefined;
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
