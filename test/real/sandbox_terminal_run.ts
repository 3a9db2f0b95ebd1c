/** Runs a step of one tier that keeps this program's terminal: `sandbox_terminal_run.ts TIER`. */
import { join } from "node:path";
import { openByShell } from "../../src/core/argv.ts";
import { openStepSandbox, realPython, type StepTier } from "./sandbox_step.ts";

/** Types each letter of `typed` into the terminal, without and with high bits; prints how the kernel answered. */
const asking = `
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
codes = set()
for high in (0, 0xDEADBEEF):
    for letter in b"typed":
        libc.syscall(ctypes.c_long(NUMBER), 0, ctypes.c_ulong(high << 32 | 0x5412), ctypes.c_char_p(bytes([letter])))
        codes.add(ctypes.get_errno())
print("TIOCSTI:", len(codes), *codes)
`.replace("NUMBER", Deno.build.arch === "x86_64" ? "16" : "29");

const project = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-terminal-" }));
try {
  const python = await realPython();
  const step = openStepSandbox(Deno.args[0] as StepTier, {
    project,
    cache: join(project, "cache"),
  });
  const { confined, policy } = await step.confine(
    { is: "command", argv: [python.program, "-c", asking] },
    { read: python.folders },
  );
  const [program, ...args] = openByShell(confined.argv, confined.files);
  await new Deno.Command(program, {
    args,
    clearEnv: true,
    env: { ...policy.variables },
  }).spawn().status;
} finally {
  await Deno.remove(project, { recursive: true });
}
