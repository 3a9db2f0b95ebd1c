import assert from "node:assert/strict";
import type { PlannedStep } from "../core/plan.ts";
import type { SandboxTier } from "../core/sandbox_tier.ts";
import { exitFailure } from "./step_failure.ts";

const step = (sandbox: SandboxTier) =>
  ({ name: "train", place: {}, limits: { retries: 0, cores: 1 }, sandbox }) as unknown as PlannedStep;
const end = (...lastLines: string[]) =>
  ({ exit: { is: "exited", code: 1 }, lastLines, isSandboxFailure: false }) as const;

for (
  const [name, line, hint] of [
    ["may not write", "OSError: [Errno 30] Read-only file system: 'model.pkl'", /`permissions: \{ write/],
    ["has no network", "curl: (6) Could not resolve host: example.com", /`permissions: \{ net/],
    ["does not see a file", "cat: /data/a.csv: No such file or directory", /`permissions: \{ read/],
    ["has an error of its own", "ValueError: alpha", /last lines/],
  ] as const
) {
  Deno.test(`a step that ${name} is told what would grant it`, () => {
    assert.match(exitFailure(step("bubblewrap"), end("Traceback", line))!.hint!, hint);
    assert.match(exitFailure(step("none"), end(line))!.hint!, /last lines/);
  });
}
