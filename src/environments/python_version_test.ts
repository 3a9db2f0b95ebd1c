import assert from "node:assert/strict";
import fc from "fast-check";
import { compareVersions, matchesSpecifiers, matchesVersion } from "./python_version.ts";

for (
  const [request, version, fits] of [
    ["3", "3.12.1", true],
    ["3.12", "3.12.1", true],
    ["3.12.1", "3.12.1", true],
    ["3.12.1", "3.12.10", false],
    ["3.1", "3.12.1", false],
    ["3.15", "3.15.0b1", false],
    ["3.15.0b1", "3.15.0b1", true],
  ] as const
) {
  Deno.test(`matchesVersion() says ${fits} of ${request} and ${version}`, () => {
    assert.equal(matchesVersion(request, version), fits);
  });
}

for (
  const [specifiers, version, fits] of [
    [">=3.10", "3.10.0", true],
    [">=3.10", "3.9.18", false],
    [">=3.10,<3.14", "3.14.0", false],
    [">=3.10, <3.14", "3.13.9", true],
    [">3.10", "3.10.1", true],
    ["<=3.10", "3.10.1", false],
    ["==3.12.*", "3.12.7", true],
    ["==3.12.*", "3.11.7", false],
    ["!=3.12.*", "3.12.7", false],
    ["!=3.12.7", "3.12.8", true],
    ["~=3.11", "3.13.0", true],
    ["~=3.11", "3.10.0", false],
    ["~=3.11.2", "3.12.0", false],
    ["===3.12.7", "3.12.7", true],
    ["", "3.12.7", true],
  ] as const
) {
  Deno.test(`matchesSpecifiers() says ${fits} of \`${specifiers}\` and ${version}`, () => {
    assert.equal(matchesSpecifiers(specifiers, version), fits);
  });
}

const version = fc.tuple(fc.nat(20), fc.nat(20), fc.constantFrom("", "a1", "b2", "rc1"))
  .map(([minor, patch, level]) => `3.${minor}.${patch}${level}`);

Deno.test("compareVersions() orders: pre-releases before their release, numbers as numbers", () => {
  const order = ["3.9.18", "3.10.0a1", "3.10.0b1", "3.10.0rc1", "3.10.0rc2", "3.10.0", "3.10.13", "3.11"];
  assert.deepEqual([...order].reverse().sort(compareVersions), order);
  fc.assert(fc.property(version, version, (a, b) => {
    assert.equal(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a)), 0);
    assert.equal(compareVersions(a, b) === 0, a === b);
  }));
});

Deno.test("compareVersions() calls a version of 400 digits the same as itself", () => {
  assert.equal(compareVersions("3".repeat(400), "3".repeat(400)), 0);
});
