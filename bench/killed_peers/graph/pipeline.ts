/** The graph for sluice: three layers of four steps, each reading two of the layer above, and one that reads the last. */
import { each, file, host, int, many, pipeline, sh, step, string } from "sluice";

const log = Deno.env.get("STEP_LOG") ?? "log";
const common = {
  env: host(),
  cache: true,
  params: { name: string() },
  outputs: { made: file({ format: "txt" }) },
  permissions: { write: [log], env: ["STEP_LOG"] },
};
const first = step("first", {
  ...common,
  command: ({ params, outputs }) => sh`sh step.sh ${params.name} ${outputs.made}`,
});
const further = step("further", {
  ...common,
  params: { name: string(), layer: int() },
  inputs: { from: many(file()) },
  command: ({ params, inputs, outputs }) => sh`sh step.sh ${params.name} ${outputs.made} ${inputs.from}`,
});

const rows = [0, 1, 2, 3];

export default pipeline("graph", {}, () => {
  let layer = each(rows, (row) => first.as(`s0-${row}`, { name: `s0-${row}` }));
  for (let number = 1; number < 3; number++) {
    const above = layer;
    layer = each(rows, (row) => {
      const name = `s${number}-${row}`;
      return further.as(name, { name, layer: number, from: [above[row]!.made, above[(row + 1) % 4]!.made] });
    });
  }
  return { made: further.as("s3-0", { name: "s3-0", layer: 3, from: layer.map((use) => use.made) }).made };
});
