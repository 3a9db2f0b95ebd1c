/** What is asked before a project from elsewhere runs for the first time, on a terminal. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { zipSync } from "fflate";
import { realTest } from "../real_part.ts";
import { configFile, sluiceProgram, workingFolder } from "../run/run_project.ts";

/** Runs a program on a terminal of its own, and types the answer when it is asked. */
const onTerminal = `
import os, pty, sys
answer, argv = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
said = b""
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    said += piece
    if b"Run it?" in said and answer is not None:
        os.write(terminal, answer.encode() + b"\\r")
        answer = None
os.write(1, said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

async function runOnTerminal(
  answer: string,
  folder: string,
  cache: string,
): Promise<{ code: number; said: string }> {
  const argv = [
    Deno.execPath(),
    "run",
    "-A",
    "--config",
    configFile,
    sluiceProgram,
    "run",
    "p.zip",
    "--env-manager",
    "local",
  ];
  const { code, stdout } = await new Deno.Command("python3", {
    args: ["-c", onTerminal, answer, ...argv],
    cwd: folder,
    env: {
      XDG_CACHE_HOME: cache,
      DENO_DIR: Deno.env.get("DENO_DIR") ?? join(Deno.env.get("HOME") ?? "/", ".cache/deno"),
      TERM: "xterm",
    },
  }).output();
  return { code, said: new TextDecoder().decode(stdout) };
}

realTest(
  ["python"],
  "a stranger's project runs when it is approved, and is not asked for again",
  async () => {
    await using folder = await workingFolder();
    const command = "entry_points: {main: {command: 'echo it ran'}}\n";
    await Deno.writeFile(
      join(folder.path, "p.zip"),
      zipSync({ "MLproject": new TextEncoder().encode(command) }),
    );
    const refused = await runOnTerminal("n", folder.path, folder.cache);
    assert.equal(refused.code, 2, refused.said);
    assert.match(
      refused.said,
      /comes from p\.zip[^]*It runs: +echo it ran[^]*It reads:[^]*It writes:[^]*It reaches:[^]*PROJECT_NOT_APPROVED/,
    );
    assert.doesNotMatch(refused.said, /^it ran/m);
    const approved = await runOnTerminal("y", folder.path, folder.cache);
    assert.equal(approved.code, 0, approved.said);
    assert.match(approved.said, /^it ran/m);
    const again = await runOnTerminal("", folder.path, folder.cache);
    assert.equal(again.code, 0, again.said);
    assert.doesNotMatch(again.said, /Run it\?/);
    assert.match(again.said, /^it ran/m);
  },
);
