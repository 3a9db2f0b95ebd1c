/**
 * A project of many steps in layers, for sluice and its peers. The first layer reads a file each; every other step reads two
 * of the layer before and makes one as long as both, so that no two steps are alike.
 */
import { join } from "node:path";

export interface Layers {
  readonly layers: number;
  /** Steps in each layer. */
  readonly width: number;
}

/** What a step runs, as `sh NAME OUTPUT INPUT…`. */
const scripts = {
  /** As little as a step can. */
  "merge.sh": 'out=$1; shift; cat "$@" > "$out"\n',
  /** A step that takes 200 ms. */
  "merge_slowly.sh": 'out=$1; shift; cat "$@" > "$out"; sleep 0.2\n',
} as const;
export type Script = keyof typeof scripts;

/**
 * Writes `pipeline.ts`, and what says the same to Snakemake, DVC, doit, ninja and xargs: `Snakefile`, `dvc.yaml`, `dodo.py`,
 * `build.ninja` and `arguments.txt` with a line of arguments for each step, in an order that can be run. All but sluice
 * write into `out/`.
 */
export async function writeLayeredProject(
  folder: string,
  size: Layers,
  script: Script = "merge.sh",
): Promise<void> {
  const steps = listSteps(size);
  const files = {
    ...scripts,
    // What steps read and make is data, not their source.
    ".gitignore": "in/\nout/\n",
    "pipeline.ts": pipelineText(size, script),
    Snakefile: snakefileText(size, script),
    "dvc.yaml": dvcText(steps, script),
    "dodo.py": doitText(steps, script),
    "build.ninja": ninjaText(steps, script),
    "arguments.txt": steps.map(({ made, reads }) => `${[made, ...reads].join(" ")}\n`).join(""),
    ...Object.fromEntries(Array.from({ length: size.width }, (_, i) => [`in/${i}`, `${i}\n`])),
  };
  for (const name of ["in", "out"]) await Deno.mkdir(join(folder, name));
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(folder, name), text);
}

interface FileStep {
  readonly name: string;
  readonly made: string;
  readonly reads: readonly string[];
}

function listSteps({ layers, width }: Layers): FileStep[] {
  const fileOf = (layer: number, i: number) => `out/s-${layer}-${i % width}`;
  const readsOf = (layer: number, i: number) =>
    layer === 0 ? [`in/${i}`] : [fileOf(layer - 1, i), fileOf(layer - 1, i + 1)];
  return Array.from({ length: layers * width }, (_, index) => {
    const layer = Math.floor(index / width), i = index % width;
    return { name: `s-${layer}-${i}`, made: fileOf(layer, i), reads: readsOf(layer, i) };
  });
}

const pipelineText = ({ layers, width }: Layers, script: Script): string =>
  `import { file, given, host, pipeline, sh, step } from "sluice";

const first = step("first", {
  env: host(),
  cache: true,
  inputs: { a: file() },
  outputs: { made: file() },
  command: ({ inputs, outputs }) => sh\`sh ${script} \${outputs.made} \${inputs.a}\`,
});
const one = step("one", {
  env: host(),
  cache: true,
  inputs: { a: file(), b: file() },
  outputs: { made: file() },
  command: ({ inputs, outputs }) => sh\`sh ${script} \${outputs.made} \${inputs.a} \${inputs.b}\`,
});
export default pipeline("layers", {}, () => {
  let made = Array.from(
    { length: ${width} },
    (_, i) => first.as(\`s-0-\${i}\`, { a: given.file(\`in/\${i}\`, file()) }).made,
  );
  for (let layer = 1; layer < ${layers}; layer++) {
    made = made.map((a, i) => one.as(\`s-\${layer}-\${i}\`, { a, b: made[(i + 1) % ${width}]! }).made);
  }
  return { made };
});
`;

const snakefileText = ({ layers, width }: Layers, script: Script): string =>
  `rule all:
    input: expand("out/s-${layers - 1}-{i}", i=range(${width}))
rule first:
    input: "in/{i}"
    output: "out/s-0-{i}"
    shell: "sh ${script} {output} {input}"
rule one:
    wildcard_constraints: layer="[1-9][0-9]*"
    input:
        a=lambda wildcards: f"out/s-{int(wildcards.layer) - 1}-{wildcards.i}",
        b=lambda wildcards: f"out/s-{int(wildcards.layer) - 1}-{(int(wildcards.i) + 1) % ${width}}",
    output: "out/s-{layer}-{i}"
    shell: "sh ${script} {output} {input}"
`;

const dvcText = (steps: readonly FileStep[], script: Script): string =>
  "stages:\n" + steps.map(({ name, made, reads }) =>
    `  ${name}:
    cmd: sh ${script} ${made} ${reads.join(" ")}
    deps: [${reads.join(", ")}]
    outs: [${made}]
`
  ).join("");

const doitText = (steps: readonly FileStep[], script: Script): string =>
  `def task_s():
${
    steps.map(({ name, made, reads }) =>
      `    yield dict(name="${name}", actions=["sh ${script} ${made} ${reads.join(" ")}"], file_dep=${
        JSON.stringify(reads)
      }, targets=["${made}"])\n`
    ).join("")
  }`;

const ninjaText = (steps: readonly FileStep[], script: Script): string =>
  `rule merge
  command = sh ${script} $out $in
${steps.map(({ made, reads }) => `build ${made}: merge ${reads.join(" ")}\n`).join("")}`;
