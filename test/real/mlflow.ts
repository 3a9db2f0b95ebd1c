/**
 * Real MLflow for tests: an environment made once and kept, programs run in it, and its server.
 *
 * Tests that use it are `realTest(["mlflow"], …)`. A start of MLflow costs seconds: share one between tests.
 */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { pythonEnvironment } from "./python_environment.ts";

const requirements = ["mlflow==3.17.2", "scikit-learn", "pandas", "matplotlib"];

let made: Promise<string> | undefined;

/** The python of an environment with MLflow 3.17.2, scikit-learn, pandas and matplotlib. */
export function mlflowPython(): Promise<string> {
  return made ??= pythonEnvironment("mlflow", requirements);
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

/**
 * The value that is the last line a file of Python printed, which was given `input` as JSON; its environment is the caller's.
 * Throws what it said where that is none.
 */
export async function askPython(
  file: string,
  input: unknown,
  env: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const child = new Deno.Command(await mlflowPython(), {
    args: [file],
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(input)));
  await writer.close();
  const output = await child.output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes));
  const last = stdout!.trimEnd().split("\n").at(-1)!;
  if (!/^[[{]/.test(last)) throw new Error(stderr);
  return JSON.parse(last);
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
