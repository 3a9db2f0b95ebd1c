/** The text of a pipeline of many steps, each of which is typed by its own parameters, inputs and outputs. */

/** A chain of `count` steps, as a user would write it. `salt` changes a default, as an edit does. */
export function generatePipeline(count: number, salt: number): string {
  const steps = Array.from({ length: count }, (_, index) => stepText(index, salt));
  const wires = Array.from(
    { length: count },
    (_, index) =>
      index === 0
        ? `  const used0 = step0({});`
        : `  const used${index} = step${index}({ table: used${index - 1}.table, weight: used${
          index - 1
        }.score });`,
  );
  return `import { dataset, float, host, int, model, pipeline, sh, step } from "sluice";

const env = host();
const Table = dataset({ size: float(), color: int() });

${steps.join("\n")}
export default pipeline("generated", { params: { alpha: step0.params.alpha } }, () => {
${wires.join("\n")}
  return { table: used${count - 1}.table, model: used${count - 1}.model };
});
`;
}

function stepText(index: number, salt: number): string {
  const isFirst = index === 0;
  const inputs = isFirst ? "" : "  inputs: { table: Table },\n";
  const weight = isFirst ? "" : " weight: float().default(1),";
  const [input, hole] = isFirst ? ["", ""] : [" ${inputs.table} --weight ${params.weight}", " inputs,"];
  return `const step${index} = step("step-${index}", {
  env,
  params: { alpha: float().min(0).max(${
    index + 1 + salt
  }).default(0.5),${weight} rounds: int().min(1).default(${index + 1}) },
${inputs}  outputs: { table: Table, model: model("sklearn") },
  metrics: ["score"],
  command: ({ params,${hole} outputs }) =>
    sh\`python step.py${input} \${outputs.table} \${outputs.model} --alpha \${params.alpha} --rounds \${params.rounds}\`,
});
`;
}

/** A chain of `count` steps that run and are cached: each copies what the one before made, and adds its number. */
export function generateCachedChain(count: number): string {
  const uses = Array.from(
    { length: count - 1 },
    (_, index) =>
      `  const used${index + 1} = copy.as("step-${index + 1}", { from: used${index}.made, number: ${
        index + 1
      } });`,
  );
  return `import { file, given, host, int, pipeline, sh, step } from "sluice";

const copy = step("copy", {
  env: host(),
  cache: true,
  params: { number: int() },
  inputs: { from: file() },
  outputs: { made: file() },
  command: ({ params, inputs, outputs }) => sh\`sh copy.sh \${inputs.from} \${params.number} \${outputs.made}\`,
});
export default pipeline("chain", { params: { first: int().default(0) } }, ({ first }) => {
  const used0 = copy.as("step-0", { from: given.file("start.txt", file()), number: first });
${uses.join("\n")}
  return { made: used${count - 1}.made };
});
`;
}
