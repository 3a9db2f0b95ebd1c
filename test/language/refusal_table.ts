/** Tables of what is refused when a step or pipeline is defined, and the steps that their rows wire wrongly. */
import assert from "node:assert/strict";
import {
  boolean,
  dataset,
  file,
  float,
  given,
  host,
  int,
  many,
  model,
  optional,
  pipeline,
  type Ref,
  sh,
  SluiceError,
  step,
  string,
} from "sluice";
import type { Code } from "../../src/core/error.ts";

/** A way to be refused: the code, words of the message, and what `at.within` holds. */
export type Row = readonly [
  name: string,
  code: Code,
  define: () => unknown,
  says: string,
  within: readonly string[],
];

/** One test a row; `file` is the URL of the file that holds the rows, where each is refused. */
export function testRefusals(file: string, rows: readonly Row[]): void {
  for (const [name, code, define, says, within] of rows) {
    Deno.test(`defining refuses ${name}`, () => {
      const { failure } = refusalOf(define);
      assert.equal(failure.code, code);
      assert.ok(failure.message.includes(says), `${failure.message}\nshould say ${says}`);
      assert.equal(failure.at?.file, file);
      assert.ok(failure.at?.line !== undefined && failure.at.column !== undefined);
      assert.deepEqual(failure.at.within ?? [], within);
      assert.ok(failure.hint !== undefined && !failure.message.endsWith("."));
    });
  }
}

/** What `define` is refused with. */
export function refusalOf(define: () => unknown): SluiceError {
  try {
    define();
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: "nothing was refused" });
}

// What TypeScript refuses is refused at run time as well, as `deno run` does not check types.
// deno-lint-ignore no-explicit-any -- it stands for code that does not type-check
export const wild = (value: unknown): any => value;

export const env = host();
export const Wine = dataset({ alcohol: float(), quality: int() });
export const make = step("make", {
  env,
  outputs: { table: Wine, model: model("sklearn"), picture: file({ format: "png" }) },
  metrics: ["loss"],
  command: () => sh`make`,
});
export const take = step("take", {
  env,
  params: {
    alpha: float().min(0).max(1).default(0.5),
    count: int().min(8).max(256),
    word: string().max(5).default("a"),
  },
  inputs: { table: Wine, warm: optional(model("sklearn")) },
  command: () => sh`take`,
});
export const gather = step("gather", { env, inputs: { pictures: many(file()) }, command: () => sh`gather` });
export const wait = step("wait", { env, command: () => sh`wait` });
export const order = step("order", {
  env,
  params: { rate: float().default(1) },
  command: () => sh`order`,
});

/** Wires the pipeline `wired`, which `wire` gets three parameters of. */
export const wired =
  (wire: (params: { n: Ref<number>; b: Ref<boolean>; wide: Ref<number> }) => unknown) => () =>
    pipeline("wired", {
      params: {
        n: float().min(0).max(1),
        b: boolean().default(false),
        wide: float().min(0).max(2).default(1),
      },
    }, wild(wire));

export const table = given.file("a.csv", Wine);
/** References of another pipeline, as they may leak. */
export const stray: { ref?: Ref<number>; flag?: Ref<boolean>; use?: unknown } = {};
pipeline("other", { params: { n: float(), b: boolean() } }, ({ n, b }) => {
  stray.ref = n;
  stray.flag = b;
  stray.use = wait({});
});
