import assert from "node:assert/strict";
import { join } from "node:path";
import type { Event, StepReport } from "../../src/core/event.ts";
import { type Finished, readRuns, runSluice, workingFolder } from "./run_project.ts";

/** Runs one step, a bash script whose first argument is the path of its output, a file or folder. */
async function runScript(script: string, folder: string, ...flags: string[]): Promise<Finished> {
  const text = `import { file, host, pipeline, sh, step } from "sluice";
const hostile = step("hostile", {
  env: host(),
  outputs: { made: file() },
  command: ({ outputs }) => sh\`bash -c \${${JSON.stringify(script)}} script \${outputs.made}\`,
});
export default pipeline("hostile", {}, () => hostile({}));
`;
  await Deno.writeTextFile(join(folder, "pipeline.ts"), text);
  return await runSluice(["run", "pipeline.ts", "--json", ...flags], folder);
}

const reportOf = (events: readonly Event[]) =>
  events.find((event): event is Event & { is: "step-ended" } & StepReport => event.is === "step-ended")!;

for (
  const [name, script, code, words, sandbox] of ([
    ["makes nothing", "true", "OUTPUT_MISSING", /without writing/],
    ["makes a link to a file", "echo a > $TMPDIR/a; ln -s $TMPDIR/a $1", "OUTPUT_INVALID", /neither a file/],
    ["makes a link that leads out", "ln -s /etc/passwd $1", "OUTPUT_INVALID", /neither a file nor a folder/],
    ["makes a link to nothing", "ln -s nothing $1", "OUTPUT_INVALID", /neither a file nor a folder/],
    [
      "makes a socket",
      "cd $(dirname $1); perl -MSocket -e 'socket S, AF_UNIX, SOCK_STREAM, 0; bind S, sockaddr_un \"made\"'",
      "OUTPUT_INVALID",
      /neither a file nor a folder/,
    ],
    ["makes a named pipe", "mkfifo $1", "OUTPUT_INVALID", /neither a file nor a folder/],
    ["makes a folder with a link", "mkdir $1; ln -s /etc $1/etc", "OUTPUT_INVALID", /its `etc` is neither/],
    [
      "makes folders too deep to be read",
      "mkdir $1; cd $1; for i in $(seq 90); do mkdir " + "x".repeat(60) + "; cd x*; done",
      "OUTPUT_INVALID",
      /cannot be read: File name too long/,
    ],
    [
      "puts a link in the place of its folder",
      "mkdir other; echo > other/made; d=$(dirname $1); rmdir $d; ln -s $PWD/other $d",
      "OUTPUT_MISSING",
      /without writing/,
    ],
    [
      "removes its working folder",
      "rm -r $(dirname $(dirname $1)); true",
      "OUTPUT_MISSING",
      /without writing/,
    ],
  ] satisfies [string, string, string, RegExp][]).flatMap(([name, script, code, words]) =>
    ["auto", "off"].map((sandbox) => [name, script, code, words, sandbox] as const)
  )
) {
  Deno.test(`a step that ${name} fails, and takes nothing else with it (sandbox ${sandbox})`, async () => {
    await using folder = await workingFolder();
    const { code: exit, events, stderr } = await runScript(script, folder.path, `--sandbox=${sandbox}`);
    assert.equal(exit, 1, stderr);
    const { outcome } = reportOf(events);
    assert.ok(outcome.is === "failed");
    assert.equal(outcome.failure.code, code);
    assert.match(outcome.failure.message, words);
    assert.deepEqual(readRuns(folder.path).map((run) => run.status), ["FAILED", "FAILED"]);
  });
}

Deno.test("a step that makes a device fails: it may not where it is held, else its output is none", async () => {
  for (const sandbox of ["auto", "off"]) {
    await using folder = await workingFolder();
    const { code, events } = await runScript("mknod $1 c 1 3; true", folder.path, `--sandbox=${sandbox}`);
    assert.equal(code, 1);
    const { outcome } = reportOf(events);
    assert.ok(outcome.is === "failed");
    const isHeld = sandbox === "auto" || Deno.uid() !== 0;
    assert.match(outcome.failure.code, isHeld ? /^OUTPUT_MISSING$/ : /^OUTPUT_(INVALID|MISSING)$/);
  }
});

Deno.test("a step that leaves daemons in sessions of their own finishes, and none of them is left", async () => {
  await using folder = await workingFolder();
  const run = await runScript(
    "echo > $1; setsid sleep 50 & setsid sleep 50 >/dev/null 2>&1 & sleep 0.1",
    folder.path,
  );
  assert.equal(run.code, 0, run.stderr);
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const variables = await Deno.readTextFile(`/proc/${name}/environ`).catch(() => "");
    assert.ok(!variables.includes(`TMPDIR=${folder.path}/`), `process ${name} is left`);
  }
});

Deno.test("a step that fills SLUICE_LOG with garbage is warned of a few times, and its metrics count", async () => {
  await using folder = await workingFolder();
  const script = `echo > $1; head -c 500000 /dev/urandom >> $SLUICE_LOG; echo >> $SLUICE_LOG
    head -c 3000000 /dev/zero >> $SLUICE_LOG; echo >> $SLUICE_LOG
    echo '{"metric": "a", "value": "-Infinity"}' >> $SLUICE_LOG`;
  const { code, events } = await runScript(script, folder.path);
  assert.equal(code, 0);
  const warnings = events.filter((event) => event.is === "warning");
  assert.ok(warnings.length > 1 && warnings.length < 10);
  assert.deepEqual(events.filter((event) => event.is === "step-metric").map(({ metric }) => metric), ["a"]);
});
