/** Steps that `function_child_test.ts` runs, each in a process of its own. */
import { boolean, choice, file, float, host, many, optional, sh, step } from "sluice";

step("measure", {
  params: { alpha: float().default(1), mode: choice("a", "b").default("a"), quick: boolean().default(false) },
  inputs: { one: file(), some: many(file()), none: optional(file()) },
  outputs: { out: file() },
  metrics: ["loss", "score"],
  run: async ({ params, inputs, outputs, log }) => {
    log.progress(0.5);
    log.metric("loss", 0.25, 7);
    log.metric("infinite", -Infinity);
    log.param("depth", 3);
    log.tag("note", "fine");
    setTimeout(() => {}, 1_000_000);
    await Deno.writeTextFile(
      outputs.out,
      JSON.stringify({ params, inputs, none: inputs.none === undefined }),
    );
    return { loss: 0.125, score: NaN };
  },
});
step("silent", { run: () => {} });
step("failing", {
  run: () => {
    throw new RangeError("not today", { cause: new Error("the weather") });
  },
});
step("rejecting", { run: () => Promise.reject("just text") });
step("lying", { metrics: ["loss"], run: () => ({ loss: "high" as unknown as number }) });
step("reading", { run: () => void Deno.readTextFileSync("/etc/hostname") });
step("commanding", { env: host(), command: () => sh`true` });
