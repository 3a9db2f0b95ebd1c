/** Wirings that are refused when a pipeline is defined. */
import { dataset, each, float, given, int, model, pipeline, when } from "sluice";
import { gather, make, order, table, take, testRefusals, wait, wild, wired } from "./refusal_table.ts";

testRefusals(import.meta.url, [
  ["a step outside a pipeline", "STEP_OUTSIDE_PIPELINE", () => wait({}), "Cannot use step `wait` here", []],
  ["`each` outside a pipeline", "STEP_OUTSIDE_PIPELINE", () => each([1], () => 1), "`each`", []],
  ["`when` outside a pipeline", "STEP_OUTSIDE_PIPELINE", () => when(wild(1), () => 1), "`when`", []],
  [
    "a second unnamed use",
    "STEP_USED_TWICE",
    wired(() => [wait({}), wait({})]),
    "Cannot use `wait` a second time without a name as it is used at ",
    ['step "wait"'],
  ],
  [
    "an async wire",
    "WIRE_ASYNC",
    () => pipeline("wired", {}, wild(async () => await Promise.resolve({}))),
    "wiring is synchronous",
    [
      'pipeline "wired"',
    ],
  ],
  [
    "a wire that returns a promise",
    "WIRE_ASYNC",
    () => pipeline("wired", {}, wild(() => Promise.reject(new Error("no")))),
    "wiring is synchronous",
    ['pipeline "wired"'],
  ],
  [
    "no wire",
    "WIRE_INVALID",
    () => pipeline("wired", {}, wild(undefined)),
    "without a function that wires it",
    [
      'pipeline "wired"',
    ],
  ],
  ["no wires", "WIRE_INVALID", wired(() => take(wild(undefined))), "without an object of what it takes", [
    'step "take"',
  ]],
  [
    "a misspelt name",
    "WIRE_INVALID",
    wired(() => take(wild({ table, alhpa: 1, count: 8 }))),
    "Cannot give `alhpa` to `take`",
    ['step "take"', '"alhpa"'],
  ],
  [
    "a missing input",
    "WIRE_INVALID",
    wired(() => take(wild({ count: 8 }))),
    "a reference to a dataset is wanted, not nothing",
    ['step "take"', 'input "table"'],
  ],
  [
    "a missing parameter",
    "PARAM_MISSING",
    wired(() => take(wild({ table }))),
    'without parameter "count" as it has no default',
    ['step "take"', 'parameter "count"'],
  ],
  [
    "a path as an input",
    "WIRE_INVALID",
    wired(() => take(wild({ table: "a.csv", count: 8 }))),
    "not a string",
    ['step "take"', 'input "table"'],
  ],
  [
    "a whole use as an input",
    "WIRE_INVALID",
    wired(() => take(wild({ table: make({}), count: 8 }))),
    "not the whole use of a step",
    ['step "take"', 'input "table"'],
  ],
  [
    "a model as a dataset",
    "WIRE_INVALID",
    wired(() => take(wild({ table: make({}).model, count: 8 }))),
    "a dataset is wanted, not a model",
    ['step "take"', 'input "table"'],
  ],
  [
    "a dataset with other columns",
    "WIRE_INVALID",
    wired(() => take(wild({ table: given.file("b.csv", dataset({ alcohol: float() })), count: 8 }))),
    "a column quality is wanted",
    ['step "take"', 'input "table"'],
  ],
  [
    "a dataset of another format",
    "WIRE_INVALID",
    wired(() =>
      take({
        table: given.file("b.parquet", dataset({ alcohol: float(), quality: int() }, { format: "parquet" })),
        count: 8,
      })
    ),
    "the format csv is wanted, not parquet",
    ['step "take"', 'input "table"'],
  ],
  [
    "a model of another flavor",
    "WIRE_INVALID",
    wired(() => take(wild({ table, warm: given.registered("models:/m/1", model("xgboost")), count: 8 }))),
    "a model of flavor sklearn is wanted",
    ['step "take"', 'input "warm"'],
  ],
  [
    "one for many",
    "WIRE_INVALID",
    wired(() => gather(wild({ pictures: make({}).picture }))),
    "a list of references is wanted, not `make.picture`, an output",
    ['step "gather"', 'input "pictures"'],
  ],
  [
    "an output as a parameter",
    "WIRE_INVALID",
    wired(() => order(wild({ rate: make({}).table }))),
    "it must be float, and that is a file",
    ['step "order"', 'parameter "rate"'],
  ],
  [
    "a metric as a text",
    "WIRE_INVALID",
    wired(() => take(wild({ table, count: 8, word: make({}).loss }))),
    "that is a metric",
    ['step "take"', 'parameter "word"'],
  ],
  [
    "a literal below its range",
    "PARAM_OUT_OF_RANGE",
    wired(() => take({ table, count: 7 })),
    'Cannot set parameter "count" to `7` as it must be an int from 8 to 256',
    ['step "take"', 'parameter "count"'],
  ],
  [
    "a literal of another type",
    "PARAM_INVALID",
    wired(() => take(wild({ table, count: "8" }))),
    "must be an int",
    ['step "take"', 'parameter "count"'],
  ],
  [
    "a literal that is too long",
    "PARAM_OUT_OF_RANGE",
    wired(() => take({ table, count: 8, word: "abcdef" })),
    "at most 5 characters",
    ['step "take"', 'parameter "word"'],
  ],
  [
    "a parameter of a wider range",
    "PARAM_CONFLICT",
    wired(({ wide }) => take({ table, count: 8, alpha: wide })),
    "it takes float from 0 to 1 and `wide` is float from 0 to 2",
    ['step "take"', 'parameter "alpha"'],
  ],
  [
    "a float for an int",
    "PARAM_CONFLICT",
    wired(({ n }) => take({ table, count: n })),
    "it takes int from 8 to 256",
    ['step "take"', 'parameter "count"'],
  ],
  [
    "`after` of a reference",
    "WIRE_INVALID",
    wired(({ n }) => wait({}, { after: wild([n]) })),
    "`after` takes a list of uses",
    ['step "wait"'],
  ],
  [
    "`after` that is no list",
    "WIRE_INVALID",
    wired(() => wait({}, { after: wild(order({})) })),
    "`after` takes a list of uses",
    ['step "wait"'],
  ],
  [
    "`when` of a number",
    "WIRE_INVALID",
    wired(({ n }) => when(wild(n), () => wait({}))),
    "boolean parameter of the pipeline",
    [],
  ],
  [
    "`each` of a reference",
    "WIRE_INVALID",
    wired(({ n }) => each(wild(n), () => wait({}))),
    "a list that is known now",
    [],
  ],
  [
    "what may be absent, wired to what is always there",
    "WIRE_INVALID",
    wired(({ b }) => gather({ pictures: [wild(when(b, () => make({}))).picture] })),
    "absent when its `when` is false",
    ['step "gather"', 'input "pictures"'],
  ],
  [
    "a reference that leaves its `when`",
    "WIRE_INVALID",
    wired(({ b }) => {
      let kept: unknown;
      when(b, () => kept = make({}).table);
      take(wild({ table: kept, count: 8 }));
    }),
    "absent when its `when` is false",
    ['step "take"', 'input "table"'],
  ],
]);
