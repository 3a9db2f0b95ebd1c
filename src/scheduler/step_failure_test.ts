import assert from "node:assert/strict";
import { noLimits, noPermissions, type Permissions } from "../core/permissions.ts";
import type { PlannedStep } from "../core/plan.ts";
import type { SandboxTier } from "../core/sandbox_tier.ts";
import { exitFailure } from "./step_failure.ts";

const step = (sandbox: SandboxTier, net: Permissions["net"] = false) => {
  const permissions = { ...noPermissions, net };
  return { name: "train", place: {}, limits: noLimits, permissions, sandbox } as unknown as PlannedStep;
};
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

for (
  const [name, line, hint] of [
    ["asks Deno for a host", 'NotCapable: Requires net access to "example.com:80"', /`permissions: \{ net/],
    ["asks Deno for a file", 'NotCapable: Requires read access to "/data/a.csv"', /`permissions: \{ read/],
    ["asks Deno for a variable", 'NotCapable: Requires env access to "TOKEN"', /`permissions: \{ env/],
    [
      "lacks a variable in Python",
      `  File "<frozen os>", line 679\nKeyError: 'API_TOKEN'`,
      /`permissions: \{ env/,
    ],
    ["lacks a variable in a shell", "fetch.sh: line 2: API_TOKEN: unbound variable", /`permissions: \{ env/],
    ["lacks a module", "ModuleNotFoundError: No module named 'features'", /`sources`.*package/],
    ["lacks a column", "KeyError: 'PETAL_LENGTH'", /last lines/],
  ] as const
) {
  Deno.test(`a step that ${name} is told so in every tier`, () => {
    for (const tier of ["bubblewrap", "none"] as const) {
      assert.match(exitFailure(step(tier), end("Traceback", line))!.hint!, hint);
    }
  });
}

Deno.test("a step that has its network, or hosts of it, is not told that it is closed", () => {
  const hint = (net: Permissions["net"]) =>
    exitFailure(step("bubblewrap", net), end("Could not resolve host: other.example"))!.hint!;
  assert.match(hint(true), /last lines/);
  assert.match(hint(["example.com"]), /reaches example\.com by the proxy in HTTPS_PROXY/);
});
