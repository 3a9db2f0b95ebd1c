import assert from "node:assert/strict";
import type { LineChange } from "../core/cause.ts";
import { firstDifferentLine } from "./explain_line.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

for (
  const [name, old, next, expected] of [
    ["is the line that differs", "a\nb\nc\n", "a\nB\nc\n", { number: 2, old: "b", new: "B" }],
    ["is one that was added in between", "a\nc\n", "a\nb\nc\n", { number: 2, old: "c", new: "b" }],
    ["has no old text where the old one has ended", "a\n", "a\nb\n", { number: 2, new: "b" }],
    ["has no new text where the new one has ended", "a\nb", "a\n", { number: 2, old: "b" }],
    ["is the first of an empty file", "", "a", { number: 1, new: "a" }],
    ["is one whose line feed is gone", "a\n", "a", { number: 1, old: "a", new: "a" }],
    ["shows a carriage return", "a\r\n", "a\n", { number: 1, old: "a\r", new: "a" }],
    ["is none for the same text", "a", "a", undefined],
    ["is none for what is no text", "a\0", "b\0", undefined],
  ] as readonly (readonly [string, string, string, LineChange | undefined])[]
) {
  Deno.test(`firstDifferentLine() ${name}`, () =>
    assert.deepEqual(firstDifferentLine(bytes(old), bytes(next)), expected));
}

Deno.test("firstDifferentLine() is none for bytes that are not UTF-8", () => {
  assert.equal(firstDifferentLine(new Uint8Array([0xff]), bytes("a")), undefined);
});

Deno.test("firstDifferentLine() cuts a long line around what differs", () => {
  const line = (middle: string) => bytes(`${"x".repeat(5000)}${middle}${"y".repeat(5000)}`);
  const { old, new: next } = firstDifferentLine(line("1"), line("2"))!;
  assert.ok(old!.length < 200 && old!.includes("x1y"), old);
  assert.ok(next!.length < 200 && next!.includes("x2y"), next);
});
