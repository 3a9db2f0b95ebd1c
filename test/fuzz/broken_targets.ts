/** Readers that are broken, each in its own way: a fuzz run that does not find them all is no proof. */
import { refuse } from "../../src/core/error.ts";
import { anyTarget, ofText, type Target } from "./target.ts";

const samples = ["key = value\n", "other = 1\n"];

/** Only what a mutation makes of the samples is met. */
const when = (sign: string, fault: (text: string) => unknown) => (text: string) =>
  text.includes(sign) ? fault(text) : undefined;

export const targets: readonly Target[] = [
  ofText("throws", samples, when("==", () => (undefined as unknown as string).length)),
  ofText("throws later", samples, when("==", () => void Promise.reject(new Error("nobody waits")))),
  ofText(
    "recurses",
    samples,
    when("==", function deeper(text): string {
      return deeper(`${text}`) + text;
    }),
  ),
  ofText("pollutes", samples, when("==", () => Object.assign(Object.prototype, { spoilt: true }))),
  ofText(
    "shows a stack",
    samples,
    when(
      "==",
      () => refuse({ code: "LOCK_INVALID", message: "Cannot read\n    at read (/project/read.ts:1:2)" }),
    ),
  ),
  ofText("is slow", samples, when("==", () => busyMs(1300))),
  ofText("hangs", samples, when("==", () => busyMs(60_000))),
  ofText(
    "takes memory",
    samples,
    when("==", () => {
      const all: Uint8Array[] = [];
      for (;;) all.push(new Uint8Array(1 << 26).fill(1));
    }),
  ),
  ofText(
    "is right",
    samples,
    when("==", () => refuse({ code: "LOCK_INVALID", message: "Cannot read `==`" })),
  ),
].map(anyTarget);

function busyMs(ms: number): void {
  const before = process.cpuUsage();
  for (let used = 0; used < ms * 1000;) {
    const { user, system } = process.cpuUsage(before);
    used = user + system;
  }
}
