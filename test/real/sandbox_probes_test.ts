import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { configFile } from "../run/run_project.ts";
import { realTest } from "../real_part.ts";
import { probes } from "./sandbox_probes.ts";
import { findOnPath, stepTiers } from "./sandbox_step.ts";

const rows = Object.values(probes).flat();
const answered = new Map<string, Promise<Record<string, string>>>();

/** Once for all rows: started with descriptor 7 open, and a secret in its environment. */
function answersOf(tier: string): Promise<Record<string, string>> {
  const known = answered.get(tier) ?? runProbe(tier);
  answered.set(tier, known);
  return known;
}

async function runProbe(tier: string): Promise<Record<string, string>> {
  const script = fileURLToPath(new URL("sandbox_probe_run.ts", import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", 'exec 7<"$1"; shift; exec "$@"', "sh", script, Deno.execPath()].concat(
      ["run", "-A", "--config", configFile, script, tier],
    ),
    env: { SLUICE_PROBE_SECRET: "secret" },
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

for (const tier of stepTiers) {
  const needs = tier === "bubblewrap" ? ["python", "bubblewrap"] as const : ["python"] as const;
  for (const { name, tries, [tier]: expected } of rows) {
    if (expected === "user") continue;
    realTest(needs, `${tier}: to ${tries} is ${expected}`, async () => {
      assert.equal((await answersOf(tier))[name], expected);
    });
  }
}

realTest(["python"], "every probe has its row, and every row its probe", async () => {
  assert.deepEqual(Object.keys(await answersOf("off")).sort(), rows.map(({ name }) => name).sort());
});

realTest(["python", "bubblewrap"], "a terminal that a step is given cannot be typed into", async () => {
  const driver = fileURLToPath(new URL("sandbox_terminal.py", import.meta.url));
  const run = join(fileURLToPath(new URL(".", import.meta.url)), "sandbox_terminal_run.ts");
  for (const tier of ["bubblewrap", "landlock"]) {
    const { stdout, stderr } = await new Deno.Command(findOnPath("python3")!, {
      args: [driver, Deno.execPath(), "run", "-A", "--config", configFile, run, tier],
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.match(said, /TIOCSTI: 1 1\b/, `${tier}: ${said}`);
    assert.doesNotMatch(said, /typed/, tier);
  }
});
