/**
 * Tests that meet real parts: MLflow, uv, git, a browser.
 *
 * Where a part is missing, the test fails under `CI=true` and is skipped elsewhere; both say which package to
 * install. `run_tests.ts` counts the skipped ones, with their reasons.
 */
import { statSync } from "node:fs";
import { delimiter, join } from "node:path";

interface Part {
  /** What to install, for whom it is missing. */
  readonly install: string;
  readonly isThere: () => boolean;
}

const parts = {
  bash: program("bash", "Debian's `bash`"),
  bubblewrap: program("bwrap", "Debian's `bubblewrap`"),
  chromium: program("chromium", "Debian's `chromium`"),
  faketime: program("faketime", "Debian's `faketime`"),
  git: program("git", "Debian's `git`"),
  /** An environment with MLflow can be made: `mlflowPython()` of `real/mlflow.ts`. */
  mlflow: {
    install: "Python 3.10 or newer with `pip`, and a reachable package registry for `mlflow`",
    isThere: () => hasPython() && hasRegistry(),
  },
  /** The package registries that pip is set up for answer. */
  network: { install: "a network: pip's package registry does not answer", isThere: hasRegistry },
  /** A file system can be mounted. */
  mount: {
    install: "the right to mount a file system, as root has",
    isThere: () =>
      remembered("MOUNT", () => succeeds("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"])),
  },
  node: program("node", "Debian's `nodejs`"),
  npm: program("npm", "Debian's `npm`"),
  podman: program("podman", "Debian's `podman` and `runc`"),
  prlimit: program("prlimit", "Debian's `util-linux`"),
  python: { install: "Python 3.10 or newer, Debian's `python3` with `python3-venv`", isThere: hasPython },
  strace: program("strace", "Debian's `strace`"),
  /** On PATH, or to be had from PyPI. */
  uv: {
    install: "PyPI's `uv`",
    isThere: () => isOnPath("uv") || hasPython() && hasRegistry(),
  },
} as const satisfies Record<string, Part>;

export type RealPart = keyof typeof parts;

/** Registers a test that needs real parts. They are looked for when the test file is loaded. */
export function realTest(needs: readonly RealPart[], name: string, fn: () => Promise<void> | void): void {
  const missing = needs.filter((need) => !parts[need].isThere());
  if (missing.length === 0) return Deno.test(name, fn);
  const reason = missing.map((need) => `no ${need}: install ${parts[need].install}`).join("; ");
  if (isContinuousIntegration()) {
    Deno.test(name, () => {
      throw new Error(`This test needs a real part that is not here, ${reason}`);
    });
  } else {
    Deno.test({ name: `${name} [skipped, ${reason}]`, ignore: missing.length > 0, fn });
  }
}

/** True where every test must run. */
export const isContinuousIntegration = (): boolean => Deno.env.get("CI") === "true";

/** True when PATH leads to an executable file of this name. */
export function isOnPath(name: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(delimiter).some((folder) => {
    const found = folder === "" ? undefined : statSync(join(folder, name), { throwIfNoEntry: false });
    return found !== undefined && found.isFile() && (found.mode & 0o111) !== 0;
  });
}

function program(name: string, install: string): Part {
  return { install, isThere: () => isOnPath(name) };
}

function hasPython(): boolean {
  return remembered("PYTHON", () =>
    isOnPath("python3") &&
    succeeds("python3", ["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"]));
}

function hasRegistry(): boolean {
  const ask = ["-m", "pip", "--no-input", "--timeout", "10", "--retries", "1", "index", "versions", "uv"];
  return remembered("REGISTRY", () => hasPython() && succeeds("python3", ask));
}

/** Every test file is loaded by itself, so what was found is kept in the environment they share. */
function remembered(what: string, find: () => boolean): boolean {
  const name = `SLUICE_TEST_HAS_${what}`;
  const known = Deno.env.get(name);
  if (known !== undefined) return known === "yes";
  const found = find();
  Deno.env.set(name, found ? "yes" : "no");
  return found;
}

function succeeds(command: string, args: readonly string[]): boolean {
  return new Deno.Command(command, { args: [...args], stdout: "null", stderr: "null" }).outputSync().success;
}
