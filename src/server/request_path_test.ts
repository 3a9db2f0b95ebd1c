import assert from "node:assert/strict";
import { requestSegments, requireSafeSegments } from "./request_path.ts";

for (
  const [url, segments] of [
    ["http://127.0.0.1:1/a/b", ["a", "b"]],
    ["http://127.0.0.1:1/a//b/?x=/c", ["a", "b"]],
    ["http://127.0.0.1:1", []],
    ["http://127.0.0.1:1/sub%20dir/%C3%A4", ["sub dir", "ä"]],
    ["http://127.0.0.1:1/a/../b", ["a", "..", "b"]],
    ["http://127.0.0.1:1/a/%2e%2e/b", ["a", "..", "b"]],
    ["http://127.0.0.1:1/a/..%2fb", ["a", "../b"]],
    ["http://127.0.0.1:1/a/%252e%252e", ["a", "%2e%2e"]],
  ] as const
) {
  Deno.test(`the path of ${url} is taken as it was sent`, () => {
    assert.deepEqual(requestSegments(url), segments);
  });
}

Deno.test("a path with a broken encoding is refused", () => {
  assert.throws(() => requestSegments("http://127.0.0.1:1/%ff"), /encoding is broken/);
});

for (const segment of ["..", ".", "a/b", "../b", "%2e%2e", "%252e%252e", "a%2fb", "a\\b", "a\u0000", "%00"]) {
  Deno.test(`the segment ${JSON.stringify(segment)} is refused`, () => {
    assert.throws(() => requireSafeSegments(["a", segment]), /Invalid path/);
  });
}

for (const segment of ["a", "...", "a..b", "100%", "50%25", "ä b", ".hidden"]) {
  Deno.test(`the segment ${JSON.stringify(segment)} is a name like others`, () => {
    requireSafeSegments([segment]);
  });
}

Deno.test("a segment that is encoded 20,000 times is refused, in no time", () => {
  const startedAt = performance.now();
  assert.throws(() => requireSafeSegments([`%${"25".repeat(20_000)}2e`]), /Invalid path/);
  assert.ok(performance.now() - startedAt < 1000);
});
