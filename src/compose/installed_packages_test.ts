import assert from "node:assert/strict";
import { join } from "node:path";
import { installedPackages } from "./installed_packages.ts";

for (
  const [what, text, packages] of [
    ["its name and version", '{"name": "a", "version": "1.0.0"}', { "npm:a": "1.0.0" }],
    ["its folder where the file is no JSON", "{", { "npm:a": "unknown" }],
    ["its folder where the file holds `null`", "null", { "npm:a": "unknown" }],
  ] as const
) {
  Deno.test(`installedPackages() names a package by ${what}`, async () => {
    const folder = await Deno.makeTempDir();
    await Deno.mkdir(join(folder, "node_modules/a"), { recursive: true });
    await Deno.writeTextFile(join(folder, "node_modules/a/package.json"), text);
    assert.deepEqual(installedPackages([join(folder, "node_modules/a/main.js")]), packages);
    await Deno.remove(folder, { recursive: true });
  });
}
