import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { realTest } from "../real_part.ts";
import { attachStrace, runStopped } from "./fault_bed.ts";

/** Of a commit's five: its journal, again when that is whole, the file itself, its folder without the journal; and a later one. */
const syncs = [1, 3, 4, 5, 8];
const calls = 6;

for (const nth of syncs) {
  realTest(
    ["strace"],
    `after an fsync error (number ${nth}) a run's own server writes nothing more and says why, and what it said it had is there`,
    async () => {
      const folder = await Deno.makeTempDir({ prefix: "sluice-faults-" });
      const fault = `inject=fsync,fdatasync:error=EIO:when=${nth}`;
      const { path, answers } = await logUnder(fault, folder);
      const first = answers.findIndex(({ status }) => status !== 200);
      assert.ok(first >= 0, "every call was answered as if nothing had been");
      for (const { status, said } of answers.slice(first)) {
        assert.equal(status, 507);
        assert.match(said.message, /^Cannot log to `.*mlflow\d\.db` as its disk refuses: disk I\/O error/);
      }
      using database = new DatabaseSync(path);
      assert.equal(database.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
      const logged = database.prepare("SELECT step FROM metrics ORDER BY step").all().map(({ step }) => step);
      assert.deepEqual(logged.slice(0, first), answers.slice(0, first).map((_, step) => step));
      // The one that failed may be there, as its error may be the last of its commit.
      assert.ok(logged.length <= first + 1, `${logged}`);
      await Deno.remove(folder, { recursive: true });
    },
  );
}

interface Answer {
  readonly status: number;
  readonly said: { readonly message: string };
}

/** Again where strace had no hold of the thread in time. */
async function logUnder(fault: string, folder: string) {
  for (let attempt = 1;; attempt++) {
    const path = join(folder, `mlflow${attempt}.db`);
    const { answers, isMet } = await logOnce(fault, path);
    if (isMet || attempt === 3) return { path, answers };
  }
}

async function logOnce(fault: string, path: string) {
  const program = join(import.meta.dirname!, "logging_program.ts");
  const log = `${path}.strace`;
  let strace: Deno.ChildProcess | undefined;
  const { stdout, stderr, isHanging } = await runStopped(
    [program, path],
    join(path, ".."),
    {},
    async (pid) => {
      strace = await attachStrace(pid, ["-e", "trace=fsync,fdatasync", "-e", fault, "-o", log]);
    },
  );
  await strace?.status;
  assert.equal(isHanging, false);
  const answers: Answer[] = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(answers.length, calls, stderr);
  return { answers, isMet: (await Deno.readTextFile(log)).includes("INJECTED") };
}
