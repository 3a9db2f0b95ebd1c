/** What the tests of environments share: projects of their own, wheels made on the spot, and a uv. */
import { dirname, join } from "node:path";
import type { EnvironmentProgress, PythonSpec, ReadyEnvironment } from "../../src/core/environment.ts";
import { digestBytes } from "../../src/core/digest.ts";
import { SluiceError } from "../../src/core/error.ts";
import { openEnvironments, type ProjectEnvironments } from "../../src/environments/environments.ts";
import { findUv } from "../../src/environments/uv.ts";

export interface Fixture {
  /** Holds everything below; removed at the end. */
  readonly folder: string;
  readonly project: string;
  readonly cache: string;
  /** Where `makeWheel` puts wheels, which is all the packages there are. */
  readonly wheels: string;
  /** Variables that reach `wheels` and nothing else. */
  readonly variables: Readonly<Record<string, string>>;
  open(changes?: Readonly<Record<string, string>>): ProjectEnvironments;
}

export async function withFixture(test: (fixture: Fixture) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-environments-" }));
  const [project, cache, wheels] = ["project", "cache", "wheels"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const one of [project, wheels]) await Deno.mkdir(one);
  const variables = {
    ...machineVariables(),
    PATH: `${dirname(await sharedUv())}:${Deno.env.get("PATH")}`,
    PIP_CONFIG_FILE: "/dev/null",
    PIP_NO_INDEX: "1",
    PIP_FIND_LINKS: wheels,
  };
  const opened: ProjectEnvironments[] = [];
  try {
    await test({
      ...{ folder, project, cache, wheels, variables },
      open(changes = {}) {
        const environments = openEnvironments({ project, cache, variables: { ...variables, ...changes } });
        opened.push(environments);
        return environments;
      },
    });
  } finally {
    for (const environments of opened) await environments.close();
    await removeFilled(folder);
  }
}

/** What fills bytecode in other processes may be at its last file. */
async function removeFilled(folder: string): Promise<void> {
  for (let round = 0;; round++) {
    try {
      return await Deno.remove(folder, { recursive: true });
    } catch (error) {
      if (round === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The variables of this process without those that steer pip and uv. */
export function machineVariables(): Record<string, string> {
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => !/^(PIP|UV)_/.test(name)));
}

let uv: Promise<string> | undefined;

/** A uv, kept between test runs where the machine has none. */
export function sharedUv(): Promise<string> {
  const variables = Deno.env.toObject();
  const cache = join(variables["XDG_CACHE_HOME"] || join(variables["HOME"] ?? "", ".cache"), "sluice-test");
  return uv ??= findUv({ project: Deno.cwd(), cache, variables }, silent);
}

export const silent = { onProgress: () => {}, signal: new AbortController().signal };

export const listOf = (...requirements: string[]): PythonSpec => ({
  kind: "python",
  requirements: { from: "list", requirements },
});

export const fileOf = (path: string): PythonSpec => ({
  kind: "python",
  requirements: { from: "file", path },
});

/**
 * Makes `<name>-<version>-py3-none-any.whl`: a module `name` with `version`, and a program `<name>-says` that prints
 * both. `note` is more content, `requires` what it needs.
 */
export async function makeWheel(
  folder: string,
  name: string,
  version: string,
  options: { readonly note?: string; readonly requires?: string } = {},
): Promise<void> {
  const info = `${name}-${version}.dist-info`;
  const requires = options.requires === undefined ? "" : `Requires-Dist: ${options.requires}\n`;
  const files: Record<string, string> = {
    [`${name}/__init__.py`]:
      `version = "${version}"\ndef main():\n    print("${name}", version)\n# ${options.note}\n`,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${requires}`,
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${info}/entry_points.txt`]: `[console_scripts]\n${name}-says = ${name}:main\n`,
  };
  const recorded = Object.entries(files).map(([path, text]) =>
    `${path},sha256=${sha256InBase64(text)},${text.length}\n`
  );
  files[`${info}/RECORD`] = `${recorded.join("")}${info}/RECORD,,\n`;
  const program = "import json, sys, zipfile\n" +
    "with zipfile.ZipFile(sys.argv[1], 'w') as wheel:\n" +
    "    for path, text in json.loads(sys.argv[2]).items(): wheel.writestr(path, text)\n";
  await output("python3", [
    "-c",
    program,
    join(folder, `${name}-${version}-py3-none-any.whl`),
    JSON.stringify(files),
  ]);
}

const sha256InBase64 = (text: string): string =>
  Uint8Array.fromHex(digestBytes(text).slice("sha256:".length))
    .toBase64({ alphabet: "base64url", omitPadding: true });

/** Runs a program in an environment as a step would: no variable but the environment's. */
export async function runIn(ready: ReadyEnvironment, program: string, args: string[] = []): Promise<string> {
  const PATH = [...ready.path, "/usr/bin", "/bin"].join(":");
  return await output(join(ready.path[0]!, program), args, { ...ready.variables, PATH });
}

export async function output(
  program: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<string> {
  const options = env === undefined ? {} : { env, clearEnv: true };
  const result = await new Deno.Command(program, { args: [...args], ...options }).output();
  const [stdout, stderr] = [result.stdout, result.stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!result.success) throw new Error(`${program} ${args.join(" ")} failed:\n${stderr}`);
  return stdout!;
}

/** The failure that `promise` ends with. */
export async function failureOf(promise: Promise<unknown>): Promise<SluiceError["failure"]> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof SluiceError) return error.failure;
    throw error;
  }
  throw new Error("it did not fail");
}

/** What `environments_process.ts` is told, as JSON in its first argument. */
export interface ProcessTask {
  readonly project: string;
  readonly cache: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly spec: PythonSpec;
}
/** What it prints: one line each. */
export type ProcessLine =
  | { readonly progress: EnvironmentProgress }
  | { readonly ready: ReadyEnvironment };

/** Starts a process that prepares an environment, prints what happens and ends when its input does. */
export function startProcess(task: ProcessTask, flags: readonly string[] = ["-A"]): Deno.ChildProcess {
  const program = new URL("environments_process.ts", import.meta.url).pathname;
  const args = ["run", "--quiet", "--no-prompt", ...flags, program, JSON.stringify(task)];
  return new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped", stderr: "inherit" })
    .spawn();
}

/** The lines of a process of `startProcess`, read to its end. */
export async function linesOf(child: Deno.ChildProcess): Promise<readonly ProcessLine[]> {
  await child.stdin.close();
  const text = await new Response(child.stdout).text();
  await child.status;
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

/** Waits until `isSo`; fails after ten seconds. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let waitedMs = 0; !isSo(); waitedMs += 10) {
    if (waitedMs > 10_000) throw new Error("it did not happen within ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The folders of environments in the store, half-made ones too. */
export function storedNames(cache: string): string[] {
  try {
    return [...Deno.readDirSync(join(cache, "environments"))].map((entry) => entry.name).sort();
  } catch {
    return [];
  }
}
