/** Runs a program as a step of one tier, through the sandbox's port and a process as the engine starts it. */
import { join } from "node:path";
import { openByShell } from "../../src/core/argv.ts";
import type { Confined, Program, ReachableServer, SandboxPolicy } from "../../src/core/ports/sandbox.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";

export const stepTiers = ["bubblewrap", "landlock", "off"] as const;
export type StepTier = (typeof stepTiers)[number];

export interface StepGrants {
  readonly code?: readonly string[];
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  /** A folder to write that is made when it is missing. */
  readonly outputs?: string;
  readonly net?: SandboxPolicy["net"];
  readonly servers?: readonly ReachableServer[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly run?: readonly string[];
  readonly stdin?: string;
  readonly folder?: string;
}
export interface StepEnd {
  readonly code: number;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function openStepSandbox(
  tier: StepTier,
  { project, cache, bubblewrap = findOnPath("bwrap") }: {
    readonly project: string;
    readonly cache: string;
    readonly bubblewrap?: string | undefined;
  },
) {
  const sandbox = openSandbox({
    mode: tier === "off" ? "off" : "auto",
    deno: Deno.execPath(),
    child: new URL("../../src/dsl/function_child.ts", import.meta.url).href,
    cache,
    guarded: [project],
    findBubblewrap: () => Promise.resolve(bubblewrap),
    ...(tier === "off" ? {} : { tiers: [tier] }),
  });
  let count = 0;
  const confine = async (program: Program, grants: StepGrants) => {
    const { outputs, net = false } = grants;
    const temporary = join(project, ".sluice", `step-${++count}`, "temporary");
    await Deno.mkdir(temporary, { recursive: true });
    if (outputs !== undefined) await Deno.mkdir(outputs, { recursive: true });
    const policy: SandboxPolicy = {
      folder: grants.folder ?? project,
      code: grants.code ?? [],
      read: grants.read ?? [],
      write: [...grants.write ?? [], ...(outputs === undefined ? [] : [outputs])],
      temporary,
      net,
      gpu: false,
      variables: {
        PATH: "/usr/local/bin:/usr/bin:/bin",
        HOME: temporary,
        TMPDIR: temporary,
        LANG: "C.UTF-8",
        ...grants.variables,
      },
      run: grants.run ?? [],
      servers: grants.servers ?? [],
    };
    const hold = await sandbox.hold({ body: program.is, net, needsFull: false });
    return { hold, policy, confined: await sandbox.confine(program, policy, hold) };
  };
  return {
    sandbox,
    confine,
    run: async (argv: readonly [string, ...string[]], grants: StepGrants) =>
      await runStep(await confine({ is: "command", argv }, grants), grants),
    runFunction: async (module: string, step: string, grants: StepGrants) =>
      await runStep(await confine({ is: "function", module, step }, grants), grants),
  };
}

async function runStep(
  { policy, confined }: { policy: SandboxPolicy; confined: Confined },
  { stdin = "" }: StepGrants,
): Promise<StepEnd> {
  const [program, ...args] = openByShell(confined.argv, confined.files);
  const child = new Deno.Command(program, {
    args,
    cwd: policy.folder,
    clearEnv: true,
    env: { ...policy.variables },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, signal, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, signal, stdout: text(stdout), stderr: text(stderr) };
}

export function findOnPath(name: string): string | undefined {
  return (Deno.env.get("PATH") ?? "").split(":").map((folder) => join(folder, name)).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** A Python with what must be shown of it. */
export async function realPython(): Promise<
  { readonly program: string; readonly folders: readonly string[] }
> {
  const { stdout } = await new Deno.Command("python3", {
    args: [
      "-c",
      "import os, sys; print(os.path.realpath(sys.executable)); print(os.path.realpath(sys.base_prefix))",
    ],
  }).output();
  const [program = "", prefix = ""] = new TextDecoder().decode(stdout).split("\n");
  return { program, folders: prefix === "/usr" ? [] : [prefix] };
}
