import assert from "node:assert/strict";
import { refuse } from "./error.ts";
import { machineFailure } from "./system_error.ts";

for (
  const [said, code, hint] of [
    ["No space left on device (os error 28): open '/a'", "DISK_FULL", /Make room/],
    ["Disk quota exceeded (os error 122)", "DISK_FULL", /Make room/],
    ["Input/output error (os error 5): open '/a'", "SYSTEM_FAILED", /the system's log/],
    ["Too many open files (os error 24): open '/a'", "SYSTEM_FAILED", /ulimit -n/],
    ["Resource temporarily unavailable (os error 11)", "SYSTEM_FAILED", /memory and processes/],
  ] as const
) {
  Deno.test(`machineFailure() makes ${code} of "${said}", with what to do`, () => {
    const failure = machineFailure(new Error(said), 'Cannot finish step "a"')!;
    assert.equal(failure.code, code);
    assert.ok(failure.message.startsWith('Cannot finish step "a" as ') && failure.message.endsWith(said));
    assert.match(failure.hint!, hint);
  });
}

Deno.test("machineFailure() is undefined for what is no fault of the machine: a missing file, a bug, a failure that quotes one", () => {
  assert.equal(
    machineFailure(new Error("No such file or directory (os error 2)"), "Cannot go on"),
    undefined,
  );
  assert.equal(machineFailure(new TypeError("x is undefined"), "Cannot go on"), undefined);
  assert.throws(
    () => refuse({ code: "STEP_FAILED", message: "No space left on device (os error 28)" }),
    (error) => machineFailure(error, "Cannot go on") === undefined,
  );
});
