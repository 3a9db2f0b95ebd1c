/** Steps that make the same again, and steps that do not, each in its own way. */
import { dataset, file, float, host, int, main, pipeline, sh, step } from "sluice";

const env = host();
const Table = dataset({ a: int(), b: float() });
const script = ["steps.sh"];

const table = step("table", {
  env,
  outputs: { rows: Table },
  metrics: ["count"],
  sources: script,
  command: ({ outputs }) => sh`sh steps.sh table ${outputs.rows}`,
});
/** Taken from the cache the second time. */
const sum = step("sum", {
  inputs: { rows: Table },
  outputs: { total: file({ format: "json" }) },
  metrics: ["amount"],
  run: async ({ inputs, outputs, log }) => {
    const [, ...rows] = (await Deno.readTextFile(inputs.rows)).trim().split("\n");
    const total = rows.reduce((all, row) => all + Number(row.split(",")[1]), 0);
    for (let index = 0; index < 3; index++) log.metric("amount", total * index, index);
    await Deno.writeTextFile(outputs.total, JSON.stringify({ total }));
    return { amount: total };
  },
});
const clock = step("clock", {
  env,
  outputs: { text: file({ format: "txt" }) },
  metrics: ["moment"],
  sources: script,
  command: ({ outputs }) => sh`sh steps.sh clock ${outputs.text}`,
});
const cell = step("cell", {
  env,
  outputs: { rows: Table },
  sources: script,
  command: ({ outputs }) => sh`sh steps.sh cell ${outputs.rows}`,
});
const near = step("near", {
  env,
  outputs: { rows: Table },
  metrics: ["near"],
  sources: script,
  command: ({ outputs }) => sh`sh steps.sh near ${outputs.rows}`,
});
const weights = step("weights", {
  outputs: { model: file({ format: "safetensors" }) },
  run: async ({ outputs }) => {
    const values = Float64Array.of(1, 2, 3, Date.now());
    const header = JSON.stringify({
      bias: { dtype: "F64", shape: [1], data_offsets: [0, 8] },
      kernel: { dtype: "F64", shape: [3, 1], data_offsets: [8, 32] },
    });
    const bytes = new Uint8Array(8 + header.length + 32);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(new TextEncoder().encode(header), 8);
    bytes.set(new Uint8Array(values.buffer), 8 + header.length);
    await Deno.writeFile(outputs.model, bytes);
  },
});
/** Its folder of state is no input: the step is not the same twice. */
const once = step("once", {
  env,
  permissions: { write: ["state"] },
  outputs: { text: file({ format: "txt" }) },
  sources: script,
  command: ({ outputs }) => sh`sh steps.sh once ${outputs.text}`,
});
const after = step("after", {
  env,
  inputs: { text: file() },
  outputs: { copy: file({ format: "txt" }) },
  command: ({ inputs, outputs }) => sh`cp ${inputs.text} ${outputs.copy}`,
});
const slow = step("slow", {
  env,
  outputs: { text: file({ format: "txt" }) },
  sources: script,
  command: ({ outputs }) => sh`sh steps.sh slow ${outputs.text}`,
});

/** All of it is the same each time. */
export const steady = pipeline("steady", {}, () => {
  const made = table({});
  const summed = sum({ rows: made.rows });
  return { total: summed.total };
});

export const restless = pipeline("restless", {}, () => {
  const [clocked, celled, weighed] = [clock({}), cell({}), weights({})];
  const nearly = near({});
  const first = once({});
  const second = after({ text: first.text });
  const slowly = slow({});
  return {
    clock: clocked.text,
    cell: celled.rows,
    near: nearly.rows,
    weights: weighed.model,
    after: second.copy,
    slow: slowly.text,
  };
});

export default steady;
if (import.meta.main) await main(steady);
