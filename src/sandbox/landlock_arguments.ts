/** From what is shown to a step to the arguments of the launcher that has Landlock hold it. */
import { join } from "node:path";
import type { Argv } from "../core/argv.ts";
import type { SandboxPolicy } from "../core/ports/sandbox.ts";
import { launch, type LaunchOrder } from "./landlock_launcher.ts";
import { plainDevices } from "./machine_files.ts";
import { seccompFilter, type SocketRule } from "./seccomp.ts";
import { type Machine, type SystemCall, systemCallNumber } from "./system_calls.ts";
import { isWithin, type Visible } from "./visible_paths.ts";

/** Rights of linux/landlock.h. */
const EXECUTE = 1, WRITE_FILE = 2, READ_FILE = 4, READ_DIR = 8, REMOVE_FILE = 0x20, MAKE_REG = 0x100;
const TRUNCATE = 0x4000, IOCTL_DEV = 0x8000;
/** All but to make devices. */
const writeFolder = 0xffff & ~0x40 & ~0x800;
const readFile = EXECUTE | READ_FILE;
const writeFile = readFile | WRITE_FILE | TRUNCATE;

export interface LandlockSetting {
  readonly machine: Machine;
  readonly policy: Pick<SandboxPolicy, "folder" | "net" | "servers" | "variables">;
  readonly visible: Visible;
  /** Of graphics processors: paths below /dev. */
  readonly devices: readonly string[];
  readonly deno: string;
  /** The program's file. */
  readonly program: string;
  readonly argv: Argv;
}

/**
 * Landlock's rules add up: where a folder is split, or is the working folder, the names of all that lies below it can be
 * listed, as programs look for their modules by listing. Nothing there can be opened.
 */
export function landlockArguments(setting: LandlockSetting): Argv {
  const { visible, devices, deno, program, argv } = setting;
  const isListed = (path: string) => !visible.places.some((place) => isWithin(path, place.path));
  const rules: (readonly [rights: number, path: string, isOptional?: boolean])[] = [
    ...visible.places.map(({ path, is, access, isOptional }) =>
      [rightsOf(is === "folder", access), path, isOptional] as const
    ),
    ...[...visible.split, visible.folder].filter(isListed).map((path) => [READ_DIR, path] as const),
    [readFile | READ_DIR, "/proc"],
    ...plainDevices.map((name) => [READ_FILE | WRITE_FILE, join("/dev", name)] as const),
    // Not to be listed, so that another program's memory is found only by who knows its name.
    ...(isListed("/dev/shm")
      ? [[READ_FILE | WRITE_FILE | MAKE_REG | REMOVE_FILE | TRUNCATE, "/dev/shm"] as const]
      : []),
    ...devices.map((path) => [READ_FILE | WRITE_FILE | IOCTL_DEV, path] as const),
  ];
  return [
    "/usr/bin/env",
    // A folder that cannot be: the launcher is to leave no file.
    "DENO_DIR=/dev/null/deno",
    deno,
    "run",
    ...["--no-prompt", "--quiet", "--allow-ffi", "--allow-env", "--allow-sys=uid"],
    ...["--no-config", "--no-lock", "--no-npm", "--no-remote", "--no-code-cache"],
    `data:text/javascript,${encodeURIComponent(`(${launch})()`)}`,
    JSON.stringify(launchOrder(setting, program)),
    ...rules.map(([rights, path, isOptional]) => `${rights.toString(16)}${isOptional ? "?" : ""}:${path}`),
    "--",
    ...argv,
  ];
}

const rightsOf = (isFolder: boolean, access: "read" | "write"): number =>
  isFolder
    ? access === "write" ? writeFolder : readFile | READ_DIR
    : access === "write"
    ? writeFile
    : readFile;

function launchOrder({ machine, policy }: LandlockSetting, program: string): LaunchOrder {
  const number = (name: SystemCall) => systemCallNumber(name, machine)!;
  const ports = policy.servers.map(({ port }) => port);
  const isOpen = policy.net === true;
  const sockets: SocketRule = isOpen ? "shared-network" : ports.length === 0 ? "none" : "tcp";
  return {
    numbers: {
      capset: number("capset"),
      close_range: number("close_range"),
      landlock_add_rule: number("landlock_add_rule"),
      landlock_create_ruleset: number("landlock_create_ruleset"),
      landlock_restrict_self: number("landlock_restrict_self"),
      openat2: number("openat2"),
      seccomp: number("seccomp"),
    },
    ports: isOpen ? null : ports,
    folder: policy.folder,
    variables: Object.keys(policy.variables),
    packages: policy.variables["DENO_DIR"] ?? null,
    filter: btoa(String.fromCharCode(...seccompFilter(machine, sockets))),
    program,
  };
}
