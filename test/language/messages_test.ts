/** What a user reads when a pipeline does not compile: TypeScript's own words, with the short names of our types. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { root } from "../walk.ts";

const before = `
import { boolean, dataset, each, file, flag, float, given, int, many, model, pipeline, python, sh, step, when } from "sluice";
const env = python({ requirements: [] });
const Wine = dataset({ alcohol: float(), quality: int() });
const train = step("train", {
  env, params: { alpha: float().default(0.5) }, inputs: { data: Wine }, outputs: { model: model("sklearn") },
  command: () => sh\`x\`,
});
const score = step("score", {
  env, inputs: { model: model("sklearn"), data: Wine }, outputs: { report: file() }, metrics: ["rmse"],
  command: () => sh\`x\`,
});
const summary = step("summary", { inputs: { reports: many(file()) }, run: () => {} });
const fold = step("fold", { params: { k: int() }, run: () => {} });
export default pipeline("p", { params: { n: float(), b: boolean() } }, ({ n, b }) => {
const data = given.file("x.csv", Wine);
const fitted = train({ data });
const scored = score({ model: fitted.model, data });
`;
const after = "return { model: fitted.model };\n});\n";

const wrong: readonly (readonly [code: string, ...says: readonly string[]])[] = [
  [
    "train({ data: fitted.model })",
    `Type 'Ref<Model<"sklearn">>' is not assignable to type 'Ref<Dataset<{ readonly alcohol: number; readonly quality: number; }>>'`,
  ],
  ["train({ data: scored.report })", "Type 'Ref<File>' is not assignable to type 'Ref<Dataset<"],
  [
    "summary({ reports: scored.report })",
    "Type 'Ref<File>' is missing the following properties from type 'readonly Ref<File>[]'",
  ],
  [
    "summary({ reports: [fitted.model] })",
    `Type 'Ref<Model<"sklearn">>' is not assignable to type 'Ref<File>'`,
  ],
  [
    "summary({ reports: [when(b, () => scored).report] })",
    "in type 'Maybe<File>' but required in type 'Ref<File>'",
  ],
  [
    "score({ model: when(b, () => fitted).model, data })",
    `in type 'Maybe<Model<"sklearn">>' but required in type 'Ref<Model<"sklearn">>'`,
  ],
  [
    'score({ model: given.registered("models:/m/1", model("xgboost")), data })',
    `Type 'Ref<Model<"xgboost">>' is not assignable to type 'Ref<Model<"sklearn">>'`,
  ],
  [
    "score({ model: fitted.modle, data })",
    "Property 'modle' does not exist on type",
    "Did you mean 'model'?",
  ],
  ["score({ model: fitted.model })", "Property 'data' is missing in type", "Wires<"],
  ["score({ model: fitted, data })", `is missing the following properties from type 'Ref<Model<"sklearn">>'`],
  ["train({ data, alhpa: 1 })", "'alhpa' does not exist in type 'Wires<", "Did you mean to write 'alpha'?"],
  ['train({ data, alpha: "0.1" })', "Type 'string' is not assignable to type 'Argument<number>'"],
  [
    "train({ data, alpha: b })",
    "Type 'Ref<boolean>' is not assignable to type 'Argument<number>'",
  ],
  ["train({ data, alpha: n * 2 })", "The left-hand side of an arithmetic operation must be of type"],
  ["fold({})", "Property 'k' is missing in type"],
  [
    "when(n, () => fitted)",
    "Argument of type 'Ref<number>' is not assignable to parameter of type 'Ref<boolean>'",
  ],
  [
    "fold({ k: 1 }, { after: [n] })",
    `Property '"~use"' is missing in type 'Ref<number>' but required in type 'Use<unknown>'`,
  ],
  [
    "each(n, () => fitted)",
    "Argument of type 'Ref<number>' is not assignable to parameter of type 'readonly unknown[]'",
  ],
  [
    'step("a", { env, params: { a: float() }, command: ({ params }) => sh`x ${params.a * 2}` })',
    "The left-hand side of an arithmetic operation must be of type",
  ],
  [
    'step("b", { env, params: { a: float() }, command: ({ params }) => sh`${flag("-a", params.a)}` })',
    "Argument of type 'Hole<number>' is not assignable to parameter of type 'Hole<boolean>'",
  ],
  [
    'step("c", { metrics: ["loss"], run: () => ({}) })',
    `Type '{}' is not assignable to type 'Metrics<"loss"> | Promise<Metrics<"loss">>'`,
  ],
  [
    'step("d", { params: { a: float().optional() }, run: () => {} })',
    "Type 'ZodOptional<ZodNumber>' is not assignable to type 'Schema<string | number | boolean>'",
  ],
  ['step("e", { run: () => {}, timeout: "30" })', `Type '"30"' is not assignable to type '`, "${number}s"],
  [
    'step("f", { env, command: () => "python train.py" })',
    "Type 'string' is not assignable to type 'Command'",
  ],
  ['step("g", { command: () => sh`x` })', "Property 'env' is missing in type"],
  ["pipeline('q', {}, () => ({ answer: 42 }))", "Type 'number' is not assignable to type 'AnyResult'"],
  ["pipeline('q', {}, async () => { await 1; return {}; })", "Type 'Promise<"],
];

Deno.test("each wrong use is refused with the short names of our types", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "wrong.ts");
    await Deno.writeTextFile(file, `${before}${wrong.map(([code]) => `${code};\n`).join("")}${after}`);
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--config", `${root}deno.json`, file],
      env: { NO_COLOR: "1" },
    }).output();
    const said = messagesByLine(new TextDecoder().decode(stderr), file);
    const first = before.split("\n").length;
    const unsaid = wrong.flatMap(([code, ...says], index) => {
      const message = said.get(first + index) ?? "nothing";
      const missing = says.filter((words) => !message.includes(words));
      return missing.length === 0 ? [] : [{ code, missing, message }];
    });
    assert.deepEqual(unsaid, []);
    assert.deepEqual([...said.keys()].filter((line) => line < first || line >= first + wrong.length), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** The text of each error, up to the place in `file` that it names. */
function messagesByLine(output: string, file: string): Map<number, string> {
  const messages = new Map<number, string>();
  for (const block of output.split(/\n\n(?=TS\d+ \[ERROR\])/)) {
    const place = [...block.matchAll(new RegExp(`^    at file://${file}:(\\d+):\\d+$`, "gm"))][0];
    if (place !== undefined) {
      const line = Number(place[1]);
      messages.set(line, `${messages.get(line) ?? ""}${block}\n`);
    }
  }
  return messages;
}
