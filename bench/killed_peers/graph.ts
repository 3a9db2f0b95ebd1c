/** The small graph that sluice and its peers run: 13 steps of 0.4 s, in the words of each. */

export interface GraphStep {
  readonly name: string;
  /** Names of steps. */
  readonly from: readonly string[];
}

const rows = [0, 1, 2, 3];

/** In an order in which they can run. */
export const graph: readonly GraphStep[] = [
  ...rows.map((row) => ({ name: `s0-${row}`, from: [] })),
  ...[1, 2].flatMap((layer) =>
    rows.map((row) => ({
      name: `s${layer}-${row}`,
      from: [`s${layer - 1}-${row}`, `s${layer - 1}-${(row + 1) % 4}`],
    }))
  ),
  { name: "s3-0", from: rows.map((row) => `s2-${row}`) },
];

const file = (name: string): string => `${name}.txt`;

/** What the last step is to make. */
export function expectedOutput(): string {
  const made = new Map<string, string>();
  for (const { name, from } of graph) {
    made.set(name, `${name}\n${from.map((other) => made.get(other)!).join("")}`);
  }
  return made.get("s3-0")!;
}

/** For Snakemake. */
export const snakefile = (): string =>
  [
    `rule all:\n    input: "s3-0.txt"\n`,
    ...graph.map(({ name, from }) =>
      `rule ${name.replace("-", "_")}:\n` +
      `    input: ${["step.sh", ...from.map(file)].map((path) => `"${path}"`).join(", ")}\n` +
      `    output: "${file(name)}"\n` +
      `    shell: "sh step.sh ${name} {output} ${from.map(file).join(" ")}"\n`
    ),
  ].join("\n");

/** For DVC. */
export const dvcYaml = (): string =>
  `stages:\n${
    graph.map(({ name, from }) =>
      `  ${name}:\n    cmd: sh step.sh ${[name, file(name), ...from.map(file)].join(" ")}\n` +
      `    deps: [${["step.sh", ...from.map(file)].join(", ")}]\n    outs: [${file(name)}]\n`
    ).join("")
  }`;
