import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { openSha256, sha256 } from "./sha256.ts";

const expected = (content: Uint8Array | string) => createHash("sha256").update(content).digest("hex");

Deno.test("sha256() is node:crypto's, at every length around a block", () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => index * 7 + length);
    assert.equal(sha256(bytes), expected(bytes));
  }
});

Deno.test("sha256() is node:crypto's, for any bytes and any text", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
    assert.equal(sha256(bytes), expected(bytes));
  }));
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.equal(sha256(text), expected(text));
  }));
});

Deno.test("sha256() is the same after more than a megabyte", () => {
  const bytes = new Uint8Array((1 << 20) + 1).fill(7);
  for (const content of [bytes, bytes.subarray(0, 100), "short"]) {
    assert.equal(sha256(content), expected(content));
  }
});

Deno.test("openSha256() takes pieces", () => {
  const hash = openSha256();
  hash.update(new Uint8Array([1, 2]));
  hash.update(new Uint8Array([3]));
  assert.equal(hash.hex(), expected(new Uint8Array([1, 2, 3])));
});
