/** A project of many steps in layers, each reading one or two files of the layer before, for sluice and its peers. */
import { join } from "node:path";

export interface Layers {
  readonly layers: number;
  /** Steps in each layer. */
  readonly width: number;
}

/** Writes `pipeline.ts` and `Snakefile`, which say the same, and what both read. */
export async function writeLayeredProject(folder: string, size: Layers): Promise<void> {
  const files = {
    "pipeline.ts": pipelineText(size),
    Snakefile: snakefileText(size),
    "merge.sh": 'out=$1; shift; cat "$@" > "$out"\n',
    "start.txt": "0\n",
  };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(folder, name), text);
}

const pipelineText = ({ layers, width }: Layers): string =>
  `import { file, given, host, pipeline, sh, step } from "sluice";

const first = step("first", {
  env: host(),
  cache: true,
  inputs: { a: file() },
  outputs: { made: file() },
  command: ({ inputs, outputs }) => sh\`sh merge.sh \${outputs.made} \${inputs.a}\`,
});
const one = step("one", {
  env: host(),
  cache: true,
  inputs: { a: file(), b: file() },
  outputs: { made: file() },
  command: ({ inputs, outputs }) => sh\`sh merge.sh \${outputs.made} \${inputs.a} \${inputs.b}\`,
});
export default pipeline("layers", {}, () => {
  const start = given.file("start.txt", file());
  let made = Array.from({ length: ${width} }, (_, i) => first.as(\`s-0-\${i}\`, { a: start }).made);
  for (let layer = 1; layer < ${layers}; layer++) {
    made = made.map((a, i) => one.as(\`s-\${layer}-\${i}\`, { a, b: made[(i + 1) % ${width}]! }).made);
  }
  return { made };
});
`;

const snakefileText = ({ layers, width }: Layers): string =>
  `rule all:
    input: expand("out/s-${layers - 1}-{i}", i=range(${width}))
rule first:
    input: "start.txt"
    output: "out/s-0-{i}"
    shell: "sh merge.sh {output} {input}"
rule one:
    wildcard_constraints: layer="[1-9][0-9]*"
    input:
        a=lambda wildcards: f"out/s-{int(wildcards.layer) - 1}-{wildcards.i}",
        b=lambda wildcards: f"out/s-{int(wildcards.layer) - 1}-{(int(wildcards.i) + 1) % ${width}}",
    output: "out/s-{layer}-{i}"
    shell: "sh merge.sh {output} {input}"
`;
