/** Two pipelines of cached steps that hand files on: a small one, and one of some hundred short steps. */
import { each, file, float, host, int, many, pipeline, sh, step } from "sluice";

/** Programs of the machine, and cached all the same: what they are is no matter here. */
const common = { env: host(), cache: true };

const start = step("start", {
  ...common,
  params: { seed: int().default(7) },
  outputs: { table: file(), parts: file() },
  command: ({ params, outputs }) => sh`sh steps.sh start ${params.seed} ${outputs.table} ${outputs.parts}`,
});
const left = step("left", {
  ...common,
  inputs: { table: file() },
  outputs: { made: file() },
  metrics: ["loss"],
  command: ({ inputs, outputs }) => sh`sh steps.sh left ${inputs.table} ${outputs.made}`,
});
const right = step("right", {
  ...common,
  inputs: { parts: file() },
  outputs: { made: file() },
  command: ({ inputs, outputs }) => sh`sh steps.sh right ${inputs.parts} ${outputs.made}`,
});
const join = step("join", {
  ...common,
  params: { loss: float() },
  inputs: { left: file(), right: file() },
  outputs: { made: file() },
  command: ({ params, inputs, outputs }) =>
    sh`sh steps.sh join ${params.loss} ${inputs.left} ${inputs.right} ${outputs.made}`,
});

const first = step("first", {
  ...common,
  params: { row: int() },
  outputs: { made: file() },
  command: ({ params, outputs }) => sh`sh steps.sh first ${params.row} ${outputs.made}`,
});
const further = step("further", {
  ...common,
  params: { row: int(), layer: int() },
  inputs: { one: file(), other: file() },
  outputs: { made: file() },
  command: ({ params, inputs, outputs }) =>
    sh`sh steps.sh further ${params.layer} ${params.row} ${inputs.one} ${inputs.other} ${outputs.made}`,
});
const last = step("last", {
  ...common,
  inputs: { all: many(file()) },
  outputs: { made: file() },
  command: ({ inputs, outputs }) => sh`sh steps.sh last ${outputs.made} ${inputs.all}`,
});

export const small = pipeline("small", {}, () => {
  const { table, parts } = start({});
  const [fitted, gathered] = [left({ table }), right({ parts })];
  return { made: join({ loss: fitted.loss, left: fitted.made, right: gathered.made }).made };
});

const rows = Array.from({ length: 20 }, (_, row) => row);

export const large = pipeline("large", {}, () => {
  let layer = each(rows, (row) => first.as(`first-${row}`, { row }));
  for (let number = 1; number < 12; number++) {
    const above = layer;
    layer = each(rows, (row) =>
      further.as(`further-${number}-${row}`, {
        ...{ row, layer: number, one: above[row]!.made },
        other: above[(row + 1) % rows.length]!.made,
      }));
  }
  return { made: last({ all: layer.map((use) => use.made) }).made };
});

export default small;
