/** A small pipeline that does everything a run can do, well and badly, with nothing but a shell and Deno. */
import {
  boolean,
  dataset,
  each,
  file,
  float,
  given,
  host,
  int,
  main,
  many,
  model,
  pipeline,
  sh,
  step,
  string,
  when,
} from "sluice";
import { z } from "zod";

const env = host();
const Points = dataset({ x: z.number(), y: z.number() });

const preprocess = step("preprocess", {
  description: "Make a table",
  env,
  params: { rows: int().min(1).max(1000).default(3) },
  outputs: { points: Points },
  command: ({ params, outputs }) => sh`sh preprocess.sh ${params.rows} ${outputs.points}`,
});
const train = step("train", {
  env,
  params: { alpha: float().min(0).max(1).default(0.5), note: string().default("none") },
  inputs: { points: Points },
  outputs: { weights: file({ format: "txt" }) },
  metrics: ["loss"],
  command: ({ params, inputs, outputs }) =>
    sh`sh train.sh ${inputs.points} ${outputs.weights} ${params.alpha} ${params.note}`,
});
const evaluate = step("evaluate", {
  params: { loss: float() },
  inputs: { weights: many(file()) },
  outputs: { report: file({ format: "json" }) },
  metrics: ["score"],
  run: async ({ params, inputs, outputs, log }) => {
    log.progress(0.5);
    const weights = await Promise.all(inputs.weights.map((at) => Deno.readTextFile(at)));
    await Deno.writeTextFile(outputs.report, JSON.stringify({ weights, loss: params.loss }));
    console.log(`read ${weights.length} files`);
    return { score: 1 - params.loss };
  },
});
const plot = step("plot", {
  env,
  inputs: { weights: file() },
  outputs: { picture: file({ format: "svg" }) },
  command: ({ inputs, outputs }) => sh`cp ${inputs.weights} ${outputs.picture}`,
});

/** Every way to fail. */
const script = (name: string, file: string) =>
  step(name, { env, outputs: { made: file_() }, command: ({ outputs }) => sh`sh ${file} ${outputs.made}` });
const file_ = () => file();
const failing = script("failing", "failing.sh");
const missing = script("missing", "missing.sh");
const linking = script("linking", "linking.sh");
const killed = script("killed", "killed.sh");
const sleeping = step("sleeping", { env, command: () => sh`sh sleeping.sh` });
const limited = step("limited", { env, timeout: "200ms", command: () => sh`sh sleeping.sh` });
const absent = step("absent", { env, command: () => sh`no-such-program --flag` });
const silent = step("silent", { env, metrics: ["loss"], command: () => sh`true` });
const flaky = step("flaky", {
  env,
  params: { marks: string().default("/dev/null") },
  retries: 2,
  command: ({ params }) => sh`sh flaky.sh ${params.marks}`,
});
const garbled = step("garbled", {
  env,
  outputs: { points: Points },
  command: ({ outputs }) => sh`cp garbled.csv ${outputs.points}`,
});
const throwing = step("throwing", {
  run: () => {
    throw new Error("the user's own mistake");
  },
});
const reaching = step("reaching", {
  run: () => {
    Deno.readTextFileSync("/etc/hostname");
  },
});
const after = step("after", {
  env,
  inputs: { made: file() },
  command: ({ inputs }) => sh`cat ${inputs.made}`,
});

export const training = pipeline(
  "training",
  { description: "Fit a line", params: { alpha: train.params.alpha, plots: boolean().default(false) } },
  ({ alpha, plots }) => {
    const { points } = preprocess({});
    const fitted = train({ points, alpha });
    const more = each(["low", "high"], (note) => train.as(`train-${note}`, { points, alpha, note }));
    const evaluated = evaluate({
      weights: [fitted.weights, ...more.map((use) => use.weights)],
      loss: fitted.loss,
    });
    const drawn = when(plots, () => plot({ weights: fitted.weights }));
    return { weights: fitted.weights, score: evaluated.score, picture: drawn.picture };
  },
);

export const troubles = pipeline("troubles", { params: {} }, () => {
  const failed = failing({});
  after({ made: failed.made });
  [missing, linking, killed, sleeping, limited, absent, silent, garbled, throwing, reaching].forEach((use) =>
    use({})
  );
  flaky({});
  return {};
});

/** One that fails beside one that does not, and what needs each. */
export const mixed = pipeline("mixed", {}, () => {
  after({ made: failing({}).made });
  const { points } = preprocess({});
  train({ points });
  return {};
});

/** Inputs that are there before: a file beside this module, and a model of the registry. */
const inspect = step("inspect", {
  inputs: { table: Points, champion: model("python_function") },
  metrics: ["lines", "files"],
  run: async ({ inputs }) => ({
    lines: (await Deno.readTextFile(inputs.table)).trim().split("\n").length,
    files: (await Array.fromAsync(Deno.readDir(inputs.champion))).length,
  }),
});
export const inspection = pipeline("inspection", {}, () => ({
  inspect: inspect({
    table: given.file("given.csv", Points),
    champion: given.registered("models:/line@champion", model("python_function")),
  }),
}));

export default training;
if (import.meta.main) await main(training);
