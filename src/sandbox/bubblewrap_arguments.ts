/** From what is shown to a step to bubblewrap's arguments. */
import { refuse } from "../core/error.ts";
import type { SandboxPolicy } from "../core/ports/sandbox.ts";
import { isBelow, isWithin, type Place, type Visible } from "./visible_paths.ts";

export interface BubblewrapSetting {
  readonly policy: Pick<SandboxPolicy, "folder" | "net" | "variables">;
  readonly visible: Visible;
  /** Texts of ours in the place of the machine's files: by the path they are seen at, the descriptor to read them from. */
  readonly replaced: Readonly<Record<string, number>>;
  /** Paths below /dev. */
  readonly devices: readonly string[];
  /** Whether this bubblewrap knows `--disable-userns`; the seccomp filter refuses the same. */
  readonly disablesNamespaces: boolean;
}

/** Where every step may write, in memory of its own. */
const privateFolders = ["/tmp", "/dev/shm"];
/** bubblewrap's own limit. */
const mostArguments = 9000;
/** What a shell sets by itself on its way to bubblewrap. */
const shellVariables = ["OLDPWD", "SHLVL", "_"];
/** A shell drops a variable of another name. */
const shellName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * All but the filter and the program. Variables are those of bubblewrap's own process, as arguments can be read by every
 * user of the machine.
 *
 * The root is an empty file system in memory. Its folders and links are made first, and every mount lies in those, never
 * in one that came before: bubblewrap before 0.12 makes a mount point through a link it meets there. At the end the root
 * cannot be written. Throws STEP_NOT_STARTED when there is more to show than bubblewrap takes.
 */
export function bubblewrapArguments(setting: BubblewrapSetting): string[] {
  const { policy, visible, devices } = setting;
  const isShared = policy.net === true;
  const ownFolders = privateFolders.filter((path) => !visible.places.some((place) => place.path === path));
  const closed = ownFolders.flatMap((folder) => visible.folders.filter((path) => isJustBelow(path, folder)));
  const folders = visible.folders.filter((path) => !closed.includes(path) && !ownFolders.includes(path));
  const replaced = Object.entries(setting.replaced)
    .filter(([at]) => !visible.places.some((place) => isWithin(at, place.path)));
  const args = [
    "--unshare-all",
    "--unshare-user",
    ...(setting.disablesNamespaces ? ["--disable-userns"] : []),
    // A name that every file of hosts knows: the machine's own is not declared.
    ...(isShared ? ["--share-net"] : []),
    ...["--hostname", "localhost"],
    ...["--cap-drop", "ALL"],
    "--new-session",
    "--die-with-parent",
    ...variableArguments(policy.variables),
    ...ownFolders.filter((path) => path === "/tmp").flatMap((path) => ["--tmpfs", path]),
    ...["--proc", "/proc"],
    ...["--dev", "/dev"],
    ...closed.flatMap((path) => ["--tmpfs", path]),
    ...folders.flatMap((path) => ["--dir", path]),
    ...visible.links.flatMap(({ at, target }) => ["--symlink", target, at]),
    ...visible.places.flatMap((place) => [mountOption(place), place.from ?? place.path, place.path]),
    ...replaced.flatMap(([at, descriptor]) => ["--file", String(descriptor), at]),
    ...devices.flatMap((path) => ["--dev-bind", path, path]),
    ...closed.flatMap((path) => ["--remount-ro", path]),
    // The kernel's settings belong to root, also to a root without any capability.
    ...["--remount-ro", "/proc"],
    ...["--remount-ro", "/"],
    ...["--chdir", policy.folder],
  ];
  if (args.length > mostArguments) refuseMany(visible);
  return args;
}

const mountOption = ({ access, isOptional }: Place): string =>
  `${access === "write" ? "--bind" : "--ro-bind"}${isOptional ? "-try" : ""}`;

/** Less what a shell adds; what it would change or drop is set again. */
function variableArguments(variables: SandboxPolicy["variables"]): string[] {
  const added = shellVariables.filter((name) => variables[name] === undefined);
  const changed = Object.entries(variables)
    .filter(([name]) => shellVariables.includes(name) || !shellName.test(name));
  return [
    ...added.flatMap((name) => ["--unsetenv", name]),
    ...changed.flatMap(([name, value]) => ["--setenv", name, value]),
  ];
}

const isJustBelow = (path: string, folder: string): boolean =>
  isBelow(path, folder) && !path.slice(folder.length + 1).includes("/");

function refuseMany(visible: Visible): never {
  return refuse({
    code: "STEP_NOT_STARTED",
    message: `Cannot show ${visible.places.length} files and folders to a step one by one`,
    hint: "Put files that belong together into a folder in which nothing is hidden, and name the folder",
  });
}
