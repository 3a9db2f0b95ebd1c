/** What TypeScript promises of the language: each line below compiles, or must not. Nothing here runs but the last test. */
import assert from "node:assert/strict";
import {
  boolean,
  choice,
  dataset,
  deno,
  each,
  type File,
  file,
  flag,
  float,
  given,
  host,
  int,
  many,
  type Maybe,
  type Metric,
  type Model,
  model,
  optional,
  path,
  pipeline,
  python,
  type Ref,
  sh,
  step,
  string,
  uri,
  type Use,
  when,
} from "sluice";
import { z } from "zod";
import {
  crossValidation,
  env,
  nightly,
  notify,
  plot,
  score,
  summary,
  train,
  tune,
  Wine,
} from "./sketch_pipelines.ts";

/** Whether two types are the same, not merely assignable to each other. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const holds = <Expected extends true>(_?: Expected) => {};
type ResultOf<P> = P extends (...given: never[]) => infer R ? R : never;
type Table = { readonly alcohol: number; readonly quality: number };

const configure = step("configure", {
  params: {
    rate: float().min(0).default(1),
    count: int(),
    title: string().max(9),
    quick: boolean().default(false),
    loss: choice("mse", "mae").default("mse"),
    folder: path(),
    link: uri().describe("Where to"),
    plain: z.enum(["a", "b"]),
  },
  run: ({ params }) => {
    holds<Same<typeof params.rate, number>>();
    holds<Same<typeof params.count, number>>();
    holds<Same<typeof params.title, string>>();
    holds<Same<typeof params.quick, boolean>>();
    holds<Same<typeof params.loss, "mse" | "mae">>();
    holds<Same<typeof params.folder, string>>();
    holds<Same<typeof params.plain, "a" | "b">>();
    // @ts-expect-error no such parameter
    params.speed;
  },
});
const read = step("read", {
  inputs: { one: file(), some: many(Wine), perhaps: optional(model("sklearn")) },
  outputs: { out: file({ format: "png" }) },
  metrics: ["loss"],
  run: async ({ inputs, outputs, log }) => {
    holds<Same<typeof inputs.one, string>>();
    holds<Same<typeof inputs.some, readonly string[]>>();
    holds<Same<typeof inputs.perhaps, string | undefined>>();
    holds<Same<typeof outputs.out, string>>();
    log.metric("loss", 0.3, 7);
    log.progress(0.5);
    // @ts-expect-error a metric is a number
    log.metric("loss", "0.3");
    await Promise.resolve();
    return { loss: 1 };
  },
});
const both = step("both", {
  outputs: { model: model("sklearn", "python_function") },
  run: () => {},
});

export const promises = () =>
  pipeline("promises", { params: { n: float(), b: boolean() } }, ({ n, b }) => {
    holds<Same<typeof n, Ref<number>>>();
    const data = given.file("x.csv", Wine);
    holds<Same<typeof data.type.row, Table>>();
    const fitted = train({ data });
    holds<Same<typeof fitted.model, Ref<Model<"sklearn">>>>();
    const scored = score({ model: fitted.model, data });
    holds<Same<typeof scored.rmse, Metric>>();
    holds<Same<typeof scored.report, Ref<File>>>();
    const drawn = when(b, () => plot({ report: scored.report }));
    holds<Same<typeof drawn.png, Maybe<File>>>();
    const nested = when(
      b,
      () => ({ deep: { png: plot.as("deep", { report: scored.report }).png }, list: [scored] }),
    );
    holds<Same<typeof nested.deep.png, Maybe<File>>>();
    holds<Same<(typeof nested.list)[number]["report"], Maybe<File>>>();
    const [first] = each(["a", "b"], (item, name) => ({ item, name }));
    holds<Same<typeof first, { item: "a" | "b"; name: string } | undefined>>();
    holds<ResultOf<typeof train> extends Use<{ alpha: number; shuffle: boolean }> ? true : false>();

    // More columns, more flavors, absent inputs, literals, references and metrics all fit.
    score.as("second", {
      model: both({}).model,
      data: given.file("y.csv", dataset({ alcohol: float(), quality: int(), x: int() })),
    });
    train.as("warm", { data, warm: when(b, () => fitted).model, alpha: n });
    train.as("metric", { data, alpha: scored.rmse, warm: undefined, shuffle: true });
    read({ one: scored.report, some: [] }, { after: [drawn, fitted] });
    configure({ count: 1, title: "t", folder: ".", link: "s3://x", plain: "a" });

    // @ts-expect-error a list of references is wanted
    summary({ reports: scored.report });
    // @ts-expect-error a model is not a file
    summary({ reports: [fitted.model] });
    // @ts-expect-error a file is not a dataset
    train({ data: scored.report });
    // @ts-expect-error an absent reference does not fit a required input
    plot({ report: when(b, () => scored).report });
    // @ts-expect-error an absent reference does not fit a list
    summary({ reports: [when(b, () => scored).report] });
    // @ts-expect-error `after` takes uses
    notify({}, { after: [n] });
    // @ts-expect-error `after` takes a list
    notify({}, { after: fitted });
    // @ts-expect-error other columns
    train({ data: given.file("y.csv", dataset({ sugar: float() })) });
    // @ts-expect-error a column of another type
    train({ data: given.file("y.csv", dataset({ alcohol: string(), quality: int() })) });
    // @ts-expect-error another flavor
    score({ model: given.registered("models:/m/1", model("xgboost")), data });
    // @ts-expect-error not a registered model
    given.registered("m", model("sklearn"));
    // @ts-expect-error a dataset is not registered
    given.registered("models:/m/1", Wine);
    // @ts-expect-error a misspelt output
    score({ model: fitted.modle, data });
    // @ts-expect-error a missing input
    score({ model: fitted.model });
    // @ts-expect-error an input that is not declared
    score({ model: fitted.model, data, extra: data });
    // @ts-expect-error a whole use is not a reference
    score({ model: fitted, data });
    // @ts-expect-error a path as text is not a reference
    train({ data: "wine.csv" });
    // @ts-expect-error a misspelt parameter
    train({ data, alhpa: n });
    // @ts-expect-error a parameter of another type
    train({ data, alpha: "0.1" });
    // @ts-expect-error a reference of another type
    train({ data, alpha: b });
    // @ts-expect-error a boolean decides
    when(n, () => fitted);
    // @ts-expect-error a parameter without a default must be given
    configure({ title: "t", folder: ".", link: "s3://x", plain: "a" });
    // @ts-expect-error a choice that is not there
    configure({ count: 1, title: "t", folder: ".", link: "s3://x", plain: "c" });
    // @ts-expect-error a parameter is not an input
    plot({ report: n });
    // @ts-expect-error a reference cannot be computed with
    train({ data, alpha: n * 2 });
    // @ts-expect-error a use is named by text
    train.as(2, { data });
    // @ts-expect-error each takes a list
    each(n, () => fitted);
    // @ts-expect-error a parameter that the pipeline does not have
    tune({ alpha: 1 });
    // @ts-expect-error a pipeline's parameter of another type
    crossValidation({ alpha: true });
    // @ts-expect-error what a pipeline returns has names
    crossValidation({ alpha: 1 }).r2;
    return { model: fitted.model };
  });

export const refused = () => {
  // @ts-expect-error a hole cannot be computed with
  step("a", { env, params: { a: float() }, command: ({ params }) => sh`x ${params.a * 2}` });
  // @ts-expect-error a flag takes a boolean
  step("b", { env, params: { a: float() }, command: ({ params }) => sh`x ${flag("--a", params.a)}` });
  // @ts-expect-error a command needs an environment
  step("c", { command: () => sh`x` });
  // @ts-expect-error a command is made by sh
  step("d", { env, command: () => "x" });
  // @ts-expect-error a promised metric must be returned
  step("e", { metrics: ["a"], run: () => Promise.resolve({}) });
  // @ts-expect-error a promised metric must be returned, at once too
  step("f", { metrics: ["a", "b"], run: () => ({ a: 1 }) });
  // @ts-expect-error nothing is promised, so nothing is returned
  step("g", { run: () => 5 });
  // @ts-expect-error a command or a function
  step("h", { env, command: () => sh`x`, run: () => {} });
  // @ts-expect-error neither
  step("i", { env });
  // @ts-expect-error no unit
  step("j", { run: () => {}, timeout: "30" });
  // @ts-expect-error no such unit
  step("k", { run: () => {}, memory: "2 gigabytes" });
  // @ts-expect-error no such permission
  step("l", { run: () => {}, permissions: { disk: true } });
  // @ts-expect-error no such sandbox
  step("l2", { run: () => {}, sandbox: "off" });
  // @ts-expect-error on or off
  step("l3", { run: () => {}, cache: "always" });
  // @ts-expect-error an absent value is no parameter
  step("m", { params: { a: float().optional() }, run: () => {} });
  // @ts-expect-error nor is null
  step("n", { params: { a: float().nullable() }, run: () => {} });
  // @ts-expect-error nor an object
  step("o", { params: { a: z.object({ b: float() }) }, run: () => {} });
  // @ts-expect-error an output is a kind
  step("p", { outputs: { a: "a.csv" }, run: () => {} });
  // @ts-expect-error an output is one thing
  step("q", { outputs: { a: many(file()) }, run: () => {} });
  // @ts-expect-error a default of another type
  float().default("1");
  // @ts-expect-error a default that is not among the choices
  choice("a", "b").default("c");
  // @ts-expect-error a choice of something
  choice();
  // @ts-expect-error requirements or a project
  python({ version: "3.12" });
  // @ts-expect-error not both
  python({ requirements: [], project: "." });
  // @ts-expect-error no such format
  dataset({ a: float() }, { format: "xlsx" });
  // @ts-expect-error an async wire
  pipeline("a", {}, async () => await Promise.resolve({}));
  // @ts-expect-error a pipeline returns references
  pipeline("b", {}, () => ({ answer: 42 }));
  // @ts-expect-error a pipeline returns them by name
  pipeline("c", { params: { n: float() } }, ({ n }) => [n]);
  // Nothing, an empty list of parameters, and no parameters at all are fine.
  pipeline("d", {}, () => {});
  pipeline("e", { params: {} }, () => ({}));
  step("r", { env: host(), command: () => sh`true`, timeout: "1.5h", memory: "512MB", cores: 2, retries: 1 });
  step("r2", { run: () => {}, sandbox: "full", cache: true, cpuTime: "1h" });
  step("s", { env: deno(), run: () => Promise.resolve(), permissions: { net: ["localhost:80"] } });
  python({ project: "." });
};

holds<Same<ResultOf<typeof tune>["model"], Ref<Model<"sklearn">>>>();
holds<Same<ResultOf<typeof crossValidation>["rmse"], Metric>>();
holds<Same<ResultOf<typeof nightly>["png"], Maybe<File>>>();

Deno.test("the types above are checked when this file is", () => assert.equal(typeof holds, "function"));
