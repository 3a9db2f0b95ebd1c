/** Starts the program that calls `pipeline.run()` again and again, and talks to it. */
import { fileURLToPath } from "node:url";
import { configFile } from "../../run/run_project.ts";
import type { Held, Request } from "./requests.ts";

const program = fileURLToPath(new URL("./endless.ts", import.meta.url));

export interface EndlessProgram {
  readonly pid: number;
  /** Runs once, and says what the process holds afterwards. */
  run(request: Request): Promise<Held>;
  /** Its exit code, and what it said on standard error. */
  end(): Promise<{ readonly code: number; readonly stderr: string }>;
}

export function startEndlessProgram(
  project: string,
  variables: Readonly<Record<string, string>>,
): EndlessProgram {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--v8-flags=--expose-gc", "--config", configFile, program],
    cwd: project,
    clearEnv: true,
    env: { ...variables },
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" } as const,
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = readLines(child.stdout);
  const stderr = new Response(child.stderr).text();
  return {
    pid: child.pid,
    async run(request) {
      await writer.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
      const { value, done } = await lines.next();
      if (done) throw new Error(`the endless program has ended: ${await stderr}`);
      return JSON.parse(value);
    },
    async end() {
      await writer.close();
      return { code: (await child.status).code, stderr: await stderr };
    },
  };
}

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  return undefined;
}
