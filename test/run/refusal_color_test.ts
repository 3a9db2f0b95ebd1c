/** Colours of what is refused before anything else is read: the flags are looked for by themselves. */
import assert from "node:assert/strict";
import { runSluice, workingFolder } from "./run_project.ts";

for (
  const [args, isColoured] of [
    [[], false],
    [["--color", "always"], true],
    [["--color=always"], true],
    [["--color", "never"], false],
    [["--color=always", "--no-color"], false],
  ] as const
) {
  Deno.test(`a refusal with ${args.join(" ") || "no flag"} ${isColoured ? "is" : "is not"} coloured`, async () => {
    await using folder = await workingFolder();
    const { code, stderr } = await runSluice(["plan", "nowhere.ts", ...args], folder.path);
    assert.equal(code, 2);
    assert.equal(stderr.includes("\x1b["), isColoured, stderr);
  });
}
