/**
 * Real MLflow for tests: an environment made once and kept, programs run in it, and its server.
 *
 * Tests that use it are `realTest(["mlflow"], …)`. A start of MLflow costs seconds: share one between tests.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { readPipSettings, uvSettings } from "../../src/environments/pip_settings.ts";
import { isOnPath } from "../real_part.ts";

const requirements = ["mlflow==3.17.2", "scikit-learn", "pandas", "matplotlib"];

let made: Promise<string> | undefined;

/** The python of an environment with MLflow 3.17.2, scikit-learn, pandas and matplotlib. */
export function mlflowPython(): Promise<string> {
  return made ??= makeEnvironment();
}

/** Python source, or a file of it. */
export type PythonProgram = string | { readonly file: string };
export interface PythonRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Python to its end. Its environment holds PATH, HOME and `env`, and nothing that steers MLflow. */
export async function runPython(
  program: PythonProgram,
  args: readonly string[] = [],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<PythonRun> {
  const source = typeof program === "string" ? ["-c", program] : [program.file];
  const output = await new Deno.Command(await mlflowPython(), {
    args: [...source, ...args],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...cleanVariables(), ...options.env },
    clearEnv: true,
  }).output();
  const text = new TextDecoder();
  return { code: output.code, stdout: text.decode(output.stdout), stderr: text.decode(output.stderr) };
}

export interface MlflowServer {
  readonly uri: string;
  stop(): Promise<void>;
}

/**
 * Starts `mlflow server` on a free port of loopback: one worker, no jobs. `backend` is such as `sqlite:////tmp/x.db`;
 * `artifacts` is the folder its artifact proxy serves. Takes some seconds.
 */
export async function startMlflowServer(
  options: { readonly backend: string; readonly artifacts: string },
): Promise<MlflowServer> {
  const port = await freePort();
  const uri = `http://127.0.0.1:${port}`;
  const args = ["-m", "mlflow", "server", "--backend-store-uri", options.backend, "--host", "127.0.0.1"];
  args.push("--artifacts-destination", options.artifacts, "--port", String(port), "--workers", "1");
  // Its own process group, as the worker outlives the program that was started.
  const server = spawn(await mlflowPython(), args, {
    detached: true,
    env: { ...cleanVariables(), MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (chunk) => void (said += chunk));
  const ended = new Promise<void>((resolve) => server.once("close", () => resolve()));
  const stop = async () => {
    signalGroup(server.pid!, "SIGTERM");
    const force = setTimeout(() => signalGroup(server.pid!, "SIGKILL"), 5000);
    await ended;
    clearTimeout(force);
  };
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 100) {
    if (server.exitCode !== null) break;
    if (await answers(`${uri}/health`)) return { uri, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop();
  throw new Error(`MLflow's server did not start:\n${said}`);
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

function signalGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    Deno.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function cleanVariables(): Record<string, string> {
  const kept = ["PATH", "HOME", "TMPDIR", "LANG", "SSL_CERT_FILE"];
  const variables: Record<string, string> = { DO_NOT_TRACK: "true" };
  for (const name of kept) {
    const value = Deno.env.get(name);
    if (value !== undefined) variables[name] = value;
  }
  return variables;
}

/** Made in a temporary folder and renamed, so that whatever is there is whole; one maker at a time. */
async function makeEnvironment(): Promise<string> {
  const cache = join(
    Deno.env.get("XDG_CACHE_HOME") || join(Deno.env.get("HOME") ?? "", ".cache"),
    "sluice-test",
  );
  const name = `mlflow-${createHash("sha256").update(requirements.join("\n")).digest("hex").slice(0, 12)}`;
  const folder = join(cache, name);
  const python = join(folder, "bin", "python");
  if (existsSync(python)) return python;
  await Deno.mkdir(cache, { recursive: true });
  using lock = await Deno.open(join(cache, `${name}.lock`), { create: true, write: true });
  await lock.lock(true);
  if (existsSync(python)) return python;
  const uv = await findUv(cache);
  const temporary = join(cache, `${name}.new`);
  await Deno.remove(temporary, { recursive: true }).catch(() => {});
  const interpreter = isOnPath("python3.11") && await succeeds("python3.11") ? "python3.11" : "python3";
  const base = (await call(interpreter, ["-c", "import sys; print(sys.executable)"])).trim();
  await call(uv, ["venv", "--quiet", "--relocatable", "--python", base, temporary]);
  const into = ["--python", join(temporary, "bin", "python"), "--compile-bytecode"];
  const settings = uvSettings(readPipSettings(Deno.env.toObject()), Deno.env.toObject(), Deno.cwd());
  await call(
    uv,
    ["pip", "install", "--quiet", ...into, ...settings.arguments, ...requirements],
    settings.variables,
  );
  await Deno.rename(temporary, folder);
  return python;
}

async function findUv(cache: string): Promise<string> {
  if (isOnPath("uv")) return "uv";
  const folder = join(cache, "uv");
  const uv = join(folder, "bin", "uv");
  if (existsSync(uv)) return uv;
  const temporary = `${folder}.new`;
  await Deno.remove(temporary, { recursive: true }).catch(() => {});
  await call("python3", ["-m", "pip", "install", "--quiet", "--no-input", "--target", temporary, "uv"]);
  await Deno.rename(temporary, folder);
  return uv;
}

/** A shim of pyenv is on PATH even where its version is not chosen, so that it must be tried. */
async function succeeds(interpreter: string): Promise<boolean> {
  return await call(interpreter, ["--version"]).then(() => true, () => false);
}

async function call(
  program: string,
  args: string[],
  variables: Record<string, string> = {},
): Promise<string> {
  const output = await new Deno.Command(program, { args, env: variables }).output();
  const text = new TextDecoder();
  if (!output.success) throw new Error(`${program} ${args.join(" ")} failed:\n${text.decode(output.stderr)}`);
  return text.decode(output.stdout);
}
