import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { openSha256, sha256 } from "./sha256.ts";

const expected = (content: Uint8Array | string) =>
  createHash("sha256").update(typeof content === "string" ? new TextEncoder().encode(content) : content)
    .digest(
      "hex",
    );
/** Any code units: halves of surrogate pairs as well. */
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 50 }).map((units) =>
  String.fromCharCode(...units)
);

Deno.test("sha256() is node:crypto's, at every length around a block", () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => index * 7 + length);
    assert.equal(sha256(bytes), expected(bytes));
  }
});

Deno.test("sha256() is node:crypto's, for any bytes and any text", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    assert.equal(sha256(bytes), expected(bytes));
  }));
  fc.assert(fc.property(anyText, (text) => {
    assert.equal(sha256(text), expected(text));
  }));
});

Deno.test("sha256() is the same once much has been digested", () => {
  const bytes = new Uint8Array((1 << 20) + 1).fill(7);
  for (const content of [bytes, bytes.subarray(0, 100), "short", new Uint8Array(new ArrayBuffer(9), 3, 4)]) {
    assert.equal(sha256(content), expected(content));
  }
  fc.assert(fc.property(anyText, (text) => {
    assert.equal(sha256(text), expected(text));
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
    assert.equal(sha256(bytes), expected(bytes));
  }));
});

Deno.test("openSha256() takes pieces", () => {
  const hash = openSha256();
  hash.update(new Uint8Array([1, 2]));
  hash.update(new Uint8Array([3]));
  assert.equal(hash.hex(), expected(new Uint8Array([1, 2, 3])));
});
