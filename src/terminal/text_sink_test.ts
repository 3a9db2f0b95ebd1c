import assert from "node:assert/strict";
import { lostText, openSink } from "./text_sink.ts";

function stream(write: (bytes: Uint8Array) => number) {
  return { writeSync: write, isTerminal: () => false };
}

Deno.test("a sink writes all of a text, however little the stream takes at a time", () => {
  const written: number[] = [];
  let calls = 0;
  openSink(stream((bytes) => {
    if (calls++ === 1) throw new Deno.errors.WouldBlock();
    written.push(...bytes.subarray(0, 3));
    return Math.min(3, bytes.length);
  })).write("héllo wörld");
  assert.equal(new TextDecoder().decode(new Uint8Array(written)), "héllo wörld");
});

Deno.test("a sink is silent once its reader is gone, and throws anything else", () => {
  let calls = 0;
  const sink = openSink(stream(() => {
    calls++;
    throw new Deno.errors.BrokenPipe();
  }));
  sink.write("a");
  sink.write("b");
  assert.equal(calls, 1);
  assert.throws(() =>
    openSink(stream(() => {
      throw new Deno.errors.NotCapable("no");
    })).write("a")
  );
});

Deno.test("a sink is silent once its terminal is closed, and once its disk is full, which counts as a loss", () => {
  const failing = (message: string) =>
    openSink(stream(() => {
      throw new Error(message);
    }));
  failing("Input/output error (os error 5)").write("a");
  assert.equal(lostText(), undefined);
  failing("No space left on device (os error 28)").write("a");
  assert.equal(lostText(), "No space left on device (os error 28)");
});
