/** Random pipelines of shell steps, and edits of them: as data, and as the project that a user would have written. */
import { join } from "node:path";
import fc from "fast-check";
import { fileURLToPath } from "node:url";

/** What a step does with its lines. */
const filters = ["cat", "sort", "head -n 1", "wc -l", "tr a-z A-Z"] as const;

export interface RandomStep {
  readonly filter: (typeof filters)[number];
  readonly word: string;
  /** Indexes of earlier steps it reads. */
  readonly reads: readonly number[];
  /** Whether it reads the given file as well. */
  readonly readsGiven: boolean;
  readonly isCached: boolean;
}
export interface RandomPipeline {
  readonly steps: readonly RandomStep[];
  readonly given: string;
}

const word = fc.constantFrom("a", "b", "ab");
const given = fc.constantFrom("x\n", "y\nx\n", "x\ny\n");
const stepAt = (index: number): fc.Arbitrary<RandomStep> =>
  fc.record({
    filter: fc.constantFrom(...filters),
    word,
    reads: index === 0
      ? fc.constant([])
      : fc.uniqueArray(fc.integer({ min: 0, max: index - 1 }), { maxLength: 3 }),
    readsGiven: fc.boolean(),
    isCached: fc.integer({ min: 0, max: 9 }).map((number) => number > 0),
  });

export const anyPipeline: fc.Arbitrary<RandomPipeline> = fc.integer({ min: 2, max: 6 }).chain((count) =>
  fc.record({ steps: fc.tuple(...Array.from({ length: count }, (_, index) => stepAt(index))), given })
);

/** One step is another, one more is there, or the given file is another. */
export const anyEdit: fc.Arbitrary<(before: RandomPipeline) => RandomPipeline> = fc.oneof(
  fc.tuple(fc.nat(), fc.array(stepAt(0), { minLength: 1, maxLength: 1 })).map(
    ([at, [other]]) => ({ steps, given }: RandomPipeline) => ({
      given,
      steps: steps.map((step, index) =>
        index === at % steps.length ? { ...step, filter: other!.filter, word: other!.word } : step
      ),
    }),
  ),
  fc.nat().map((at) => ({ steps, given }: RandomPipeline) => ({
    given,
    steps: steps.map((step, index) =>
      index === at % steps.length
        ? { ...step, reads: step.reads.slice(1), readsGiven: !step.readsGiven }
        : step
    ),
  })),
  fc.tuple(stepAt(0), fc.nat()).map(([more, at]) => ({ steps, given }: RandomPipeline) => ({
    given,
    steps: [...steps, { ...more, reads: [at % steps.length] }],
  })),
  given.map((other) => ({ steps }: RandomPipeline) => ({ steps, given: other })),
);

/** Writes the project; what lies in `folder` from a run stays. */
export async function writePipeline(folder: string, { steps, given }: RandomPipeline): Promise<void> {
  const repository = fileURLToPath(new URL("../../", import.meta.url));
  const config = { links: [repository], imports: { sluice: "jsr:@sluice/sluice@^0.1" } };
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(config));
  await Deno.writeTextFile(join(folder, "given.txt"), given);
  await Deno.writeTextFile(join(folder, "pipeline.ts"), pipelineText(steps));
}

function pipelineText(steps: readonly RandomStep[]): string {
  const definitions = steps.map(({ filter, word, isCached }, index) =>
    `const step${index} = step("step-${index}", {
  env: host(),
  cache: ${isCached},
  params: { word: string().default("${word}") },
  inputs: { from: many(file()) },
  outputs: { made: file() },
  command: ({ params, inputs, outputs }) =>
    sh\`sh -c ${
      quoted(`made=$1; word=$2; shift 2; { echo $word; cat "$@" /dev/null; } | ${filter} > "$made"`)
    } sh \${outputs.made} \${params.word} \${inputs.from}\`,
});`
  );
  const uses = steps.map(({ reads, readsGiven }, index) => {
    const from = [
      ...reads.map((read) => `used${read}.made`),
      ...readsGiven ? [`given.file("given.txt", file())`] : [],
    ];
    return `  const used${index} = step${index}({ from: [${from.join(", ")}] });`;
  });
  return `import { file, given, host, main, many, pipeline, sh, step, string } from "sluice";
${definitions.join("\n")}
const random = pipeline("random", {}, () => {
${uses.join("\n")}
  return {${steps.map((_, index) => ` made${index}: used${index}.made`).join(",")} };
});
export default random;
if (import.meta.main) await main(random);
`;
}

const quoted = (script: string): string => `'${script}'`;
