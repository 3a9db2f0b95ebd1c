/** References and results that are refused when a pipeline is defined. */
import { pipeline, when } from "sluice";
import { make, order, stray, testRefusals, wait, wild, wired } from "./refusal_table.ts";

testRefusals(import.meta.url, [
  [
    "a reference as text",
    "REFERENCE_READ",
    wired(({ n }) => `${n}`),
    "Cannot turn the reference to `n` into text or a number",
    [],
  ],
  ["a reference as a number", "REFERENCE_READ", wired(({ n }) => wild(n) * 2), "the reference to `n`", []],
  [
    "a reference compared",
    "REFERENCE_READ",
    wired(() => wild(make({}).loss) > 1),
    "the reference to `make.loss`",
    [],
  ],
  [
    "a reference as JSON",
    "REFERENCE_READ",
    wired(({ n }) => JSON.stringify({ n })),
    "the reference to `n`",
    [],
  ],
  ["a use as text", "REFERENCE_READ", wired(() => `${wait({})}`), "the use of a step", []],
  [
    "another pipeline's parameter",
    "REFERENCE_FOREIGN",
    wired(() => order({ rate: stray.ref! })),
    'Cannot use `n` in pipeline "wired" as it belongs to pipeline "other"',
    ['step "order"', 'parameter "rate"'],
  ],
  [
    "another pipeline's use",
    "REFERENCE_FOREIGN",
    wired(() => order({}, { after: wild([stray.use]) })),
    'belongs to pipeline "other"',
    ['step "order"'],
  ],
  [
    "another pipeline's parameter in `when`",
    "REFERENCE_FOREIGN",
    wired(() => when(stray.flag!, () => wait({}))),
    "belongs to another pipeline",
    [],
  ],
  [
    "a number as a result",
    "WIRE_INVALID",
    () => pipeline("wired", {}, wild(() => ({ answer: 42 }))),
    "it is a number, not a reference",
    [
      'pipeline "wired"',
      'result "answer"',
    ],
  ],
  [
    "a list as results",
    "WIRE_INVALID",
    () => pipeline("wired", {}, wild(() => [wait({})])),
    "an object of results by name",
    [
      'pipeline "wired"',
    ],
  ],
  [
    "a use under another name",
    "WIRE_INVALID",
    () => pipeline("wired", {}, () => ({ rest: wait({}) })),
    "is the use `wait`",
    [
      'pipeline "wired"',
      'result "rest"',
    ],
  ],
  [
    "another pipeline's reference as a result",
    "REFERENCE_FOREIGN",
    () => pipeline("wired", {}, () => ({ n: stray.ref! })),
    "belongs to another pipeline",
    ['pipeline "wired"', 'result "n"'],
  ],
]);
