import assert from "node:assert/strict";
import { join } from "node:path";
import { findFlaw } from "./kind_flaw.ts";

const flavors = "flavors:\n  python_function:\n    loader_module: x\n\n  sklearn:\n    code: null\n";
const wide = `signature:\n  inputs: '${"x".repeat(1 << 20)}'\n`;
const keys = Array.from({ length: 30_000 }, (_, index) => `k${index}: 1\n`).join("");

for (
  const [what, text, flaw] of [
    ["fits with the flavor it declares", flavors, undefined],
    ["fits, with a signature of a megabyte", `${wide}${flavors}${wide}`, undefined],
    [
      "does not fit without the flavor",
      "flavors:\n  keras: {}\n",
      "its MLmodel has no flavor `sklearn` but keras",
    ],
    [
      "does not fit, with a signature of a megabyte",
      `flavors:\n  keras: {}\n${wide}`,
      "its MLmodel has no flavor `sklearn` but keras",
    ],
    ["of a megabyte and no flavors cannot be read", wide, "its MLmodel file cannot be read"],
    ["of 60,000 brackets cannot be read", "[".repeat(60_000), "its MLmodel file cannot be read"],
    ["of 30,000 members is read in no time", `${keys}${flavors}`, undefined],
  ] as const
) {
  Deno.test(`a model ${what}`, async () => {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(join(folder, "MLmodel"), text);
    const before = process.cpuUsage();
    assert.equal(await findFlaw(folder, { kind: "model", flavors: ["sklearn"] }, true), flaw);
    assert.ok(process.cpuUsage(before).user < 2_000_000);
    await Deno.remove(folder, { recursive: true });
  });
}
