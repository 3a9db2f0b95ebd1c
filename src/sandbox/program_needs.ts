/** What a program needs to be shown beyond what its step declares, for it to run at all. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "../core/file_url.ts";
import type { Program, SandboxPolicy } from "../core/ports/sandbox.ts";
import { findDenoConfig } from "./deno_permissions.ts";
import { machineFiles } from "./machine_files.ts";
import type { Wish } from "./visible_paths.ts";

/** Where Deno keeps what it fetched; never `gen`, which holds code of all projects of the user. */
const packageFolders = ["npm", "remote", "deps"];
/** sluice itself, below the folder that holds `src`. */
const ownFiles = ["src", "mod.ts", "mod.js", "testing.ts", "testing.js", "deno.json", "package.json"];

export interface Needs {
  /** The file of Deno itself. */
  readonly deno: string;
  /** URL of the module that runs a function. */
  readonly child: string;
}

/** All that is wished for a step's program; `replaced` are files of the machine that something else stands for. */
export function wishesOf(
  program: Program,
  policy: SandboxPolicy,
  needs: Needs,
  replaced: readonly string[] = [],
): Wish[] {
  const sockets = policy.servers.flatMap((server) => server.is === "socket" ? [server.path] : []);
  const isOpen = policy.net === true;
  return [
    ...machineFiles
      .filter((file) =>
        file.with === undefined || file.with === "net" && isOpen || file.with === "gpu" && policy.gpu
      )
      .filter(({ path }) => !replaced.includes(path)).map(({ path }) => machine(path)),
    // The forwarder needs no file but Deno.
    ...(sockets.length === 0 ? [] : [machine(needs.deno)]),
    ...packagesOf(policy).map(machine),
    ...(program.is === "function"
      ? [...functionNeeds(program.module, needs), ...madeModules(program.module, policy, needs)].map(machine)
      : []),
    ...policy.code.map((path): Wish => ({ path, access: "read", from: "step", keepsLink: true })),
    ...[...policy.read, ...sockets].map((path): Wish => ({ path, access: "read", from: "step" })),
    ...[...policy.write, policy.temporary].map((path): Wish => ({ path, access: "write", from: "step" })),
  ];
}

const machine = (path: string): Wish => ({ path, access: "read", from: "machine" });

function packagesOf(policy: SandboxPolicy): string[] {
  const folder = policy.variables["DENO_DIR"];
  return folder === undefined || !folder.startsWith("/")
    ? []
    : packageFolders.map((name) => join(folder, name));
}

/**
 * What Deno made of these modules before, and its notes on what modules import, by which a function starts in half the
 * time. What it made of other modules of the user is not shown.
 */
function madeModules(module: string, policy: SandboxPolicy, { child }: Needs): string[] {
  const folder = policy.variables["DENO_DIR"];
  if (folder === undefined || !folder.startsWith("/")) return [];
  const sources = [...policy.code, fileURLToPath(module), ...ownFolder(child).map((own) => join(own, "src"))];
  return [
    ...sources.flatMap((path) => ["", ".js"].map((end) => join(folder, "gen/file", path + end))),
    ...["", "-shm", "-wal"].map((end) => join(folder, `dep_analysis_cache_v2${end}`)),
  ];
}

/** The folder that holds sluice's `src`; none where it did not come as files. */
const ownFolder = (child: string): string[] =>
  child.startsWith("file:") ? [dirname(dirname(dirname(fileURLToPath(child))))] : [];

/** Deno, sluice's own modules with the packages that lie beside them, and the configuration Deno takes. */
function functionNeeds(module: string, { deno, child }: Needs): string[] {
  const config = findDenoConfig(dirname(fileURLToPath(module)));
  return [
    deno,
    ...ownFolder(child).flatMap((
      own,
    ) => [...ownFiles.map((name) => join(own, name)), ...packagesAround(own)]),
    ...(config === undefined ? [] : [config, join(dirname(config), "package.json")]),
  ];
}

/** The `node_modules` that a package lies in. */
function packagesAround(folder: string): string[] {
  const at = folder.lastIndexOf("/node_modules/");
  return at < 0 ? [] : [folder.slice(0, at + "/node_modules".length)];
}
