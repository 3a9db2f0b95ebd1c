/** Runs a program to its end and keeps what it says. */

export interface ProgramRun {
  readonly program: string;
  readonly arguments: readonly string[];
  /** All of the environment; nothing is inherited. */
  readonly variables: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly stdin?: string;
  /** Each line of standard error, as it comes. */
  readonly onLine?: (line: string) => void;
  /** Aborting it ends the program and throws the signal's reason. */
  readonly signal: AbortSignal;
}

export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Throws `Deno.errors.NotFound` where there is no such program, and the reason of an aborted signal. */
export async function runProgram(run: ProgramRun): Promise<ProgramResult> {
  run.signal.throwIfAborted();
  const child = new Deno.Command(run.program, {
    args: [...run.arguments],
    cwd: run.folder,
    env: { ...run.variables },
    clearEnv: true,
    stdin: run.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stop = () => child.kill("SIGKILL");
  run.signal.addEventListener("abort", stop);
  try {
    const [, stdout, stderr, status] = await Promise.all([
      run.stdin === undefined ? undefined : send(child.stdin, run.stdin),
      new Response(child.stdout).text(),
      readLines(child.stderr, run.onLine ?? (() => {})),
      child.status,
    ]);
    run.signal.throwIfAborted();
    return { code: status.code, stdout, stderr };
  } finally {
    run.signal.removeEventListener("abort", stop);
  }
}

async function send(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // The program ended without reading all of it; its exit says why.
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<string> {
  let all = "";
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    all += text;
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.forEach(onLine);
  }
  if (rest !== "") onLine(rest);
  return all;
}
