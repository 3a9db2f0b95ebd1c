/** What steps leave: files of every format that are compared by value, the first look at them, their lines and their log. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { compareOutputs } from "../../../src/comparison/compare_outputs.ts";
import type { KindSpec } from "../../../src/core/kind.ts";
import { splitLines } from "../../../src/engines/split_lines.ts";
import { firstDifferentLine } from "../../../src/plan/explain_line.ts";
import { findFlaw } from "../../../src/scheduler/kind_flaw.ts";
import { followLog } from "../../../src/scheduler/follow_log.ts";
import { displayWidth } from "../../../src/terminal/display_width.ts";
import { safeLine } from "../../../src/terminal/safe_text.ts";
import { openSqliteTracker } from "../../../src/tracker/sqlite_tracker.ts";
import { golden } from "../../golden.ts";
import { anyTarget, type Target } from "../target.ts";

const sampleFolder = join(import.meta.dirname!, "../samples");
const sample = (name: string): Uint8Array => Deno.readFileSync(join(sampleFolder, name));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const mlmodel = `artifact_path: model
flavors:
  python_function: {env: {conda: conda.yaml}, loader_module: mlflow.sklearn, python_version: 3.12.1}
  sklearn: &s
    code: null
    pickled_model: model.pkl
    weights: [1.0, .5e-3, .nan, 0x1F, 2001-12-14t21:59:43.10-05:00]
signature:
  inputs: '[{"type": "double", "name": "x"}]'
  text: |-
    two
    lines
run_id: 0123456789abcdef0123456789abcdef
utc_time_created: '2026-01-01 00:00:00'
`;
const csv = 'x,y,"a ""b"", c"\r\n1,2.50,red\r\n-1e-3,nan,"two\nlines"\r\n';
const jsonLines =
  '{"x": 1, "name": "a", "deep": {"list": [1, 2.5, null]}}\n{"x": 2, "name": "b", "deep": {}}\n';
const json = '{"folds": [{"rmse": 0.25, "name": "a"}, {"rmse": 1e-7}], "a b": {"c": [[], {}]}, "t": true}\n';

const formats: readonly (readonly [file: string, weight: number, samples: readonly Uint8Array[]])[] = [
  ["a.csv", 0.5, [bytes(csv), bytes("x,y\n1,2\n3,4\n")]],
  ["a.jsonl", 0.5, [bytes(jsonLines)]],
  ["a.json", 0.5, [bytes(json)]],
  ["a.yaml", 0.5, [bytes(mlmodel), bytes("- a\n- {b: [c, d]}\n")]],
  ["MLmodel", 0.5, [bytes(mlmodel)]],
  ["a.parquet", 0.3, ["snappy", "gzip", "none"].map((codec) => sample(`${codec}.parquet`))],
  ["a.npy", 0.3, [sample("matrix.npy"), sample("texts.npy")]],
  ["a.npz", 0.3, [sample("stored.npz"), sample("deflated.npz")]],
  ["a.safetensors", 0.3, [sample("tensors.safetensors")]],
  ["a.txt", 0.3, [bytes(csv), sample("matrix.npy")]],
];

/** Held against a sample, as what was before or what is now. */
const comparison = ([file, weight, samples]: (typeof formats)[number]): Target<Uint8Array> => ({
  name: `output ${file}`,
  weight,
  open(folder) {
    const befores = samples.map((content, index) => {
      const before = join(folder, String(index));
      Deno.mkdirSync(before);
      Deno.writeFileSync(join(before, file), content);
      return before;
    });
    const after = join(folder, "after");
    Deno.mkdirSync(after);
    return {
      samples,
      async run(content) {
        Deno.writeFileSync(join(after, file), content);
        const before = befores[content.length % befores.length]!;
        if (content.length % 4 < 2) await compareOutputs(before, after, { kind: "file" });
        else await compareOutputs(after, before, { kind: "file" }, { tolerance: 1e-6 });
      },
    };
  },
});

const columns = {
  x: { type: "number" },
  name: { type: "string", choices: ["a", "b"], optional: true },
} as const;
const kinds:
  readonly (readonly [name: string, kind: KindSpec, file: string, samples: readonly Uint8Array[]])[] = [
    ["csv", { kind: "dataset", format: "csv", columns }, "", [bytes("x,name\n1,a\n2,b\n"), bytes(csv)]],
    ["jsonl", { kind: "dataset", format: "jsonl", columns }, "", [bytes(jsonLines)]],
    ["parquet", { kind: "dataset", format: "parquet", columns: {} }, "", [sample("snappy.parquet")]],
    ["model", { kind: "model", flavors: ["sklearn"] }, "MLmodel", [bytes(mlmodel)]],
  ];

const firstLook = ([name, kind, file, samples]: (typeof kinds)[number]): Target<Uint8Array> => ({
  name: `first look at a ${name}`,
  weight: 0.5,
  open(folder) {
    const output = join(folder, "output");
    if (file !== "") Deno.mkdirSync(output);
    return {
      samples,
      async run(content) {
        Deno.writeFileSync(join(output, file), content);
        const flaw = await findFlaw(output, kind, file !== "");
        assert.ok((flaw ?? "").length < 1000, "what is said of it is short");
      },
    };
  },
});

/** In three pieces; what is printed of each line holds no control character. */
const printed: Target<Uint8Array> = {
  name: "lines that a step prints",
  weight: 1,
  open: () => ({
    samples: [bytes("epoch 1\r\nloss: 0.25\x1b[31m\r50%\rdone ü€😀\n\nno end"), bytes("a".repeat(70_000))],
    run(content) {
      const lines: string[] = [];
      const splitting = splitLines((line) => lines.push(line));
      const [one, two] = [content.length / 3, content.length * 2 / 3].map(Math.floor) as [number, number];
      for (const piece of [[0, one], [one, two], [two, content.length]] as const) {
        splitting.write(content.subarray(...piece));
      }
      splitting.end();
      for (const line of lines) {
        const shown = safeLine(line);
        // deno-lint-ignore no-control-regex
        assert.doesNotMatch(shown, /[\x00-\x1f\x7f-\x9f]/);
        displayWidth(shown.slice(0, 1000));
      }
    },
  }),
};

/** Read and recorded, as of a step that wrote it; what the tracker refuses is a warning. */
const log: Target<string> = {
  name: "SLUICE_LOG",
  weight: 0.05,
  async open(folder) {
    const tracker = await openSqliteTracker(join(folder, "mlflow.db"), { create: true, clock: Date.now });
    const { id: experimentId } = await tracker.createExperiment("fuzz");
    const path = join(folder, "log");
    return {
      samples: [await golden("log.jsonl")],
      async run(text) {
        const run = await tracker.createRun({ experimentId, name: "r", user: "u", startedAt: 1, tags: [] });
        await Deno.writeTextFile(path, text);
        const following = followLog(path, () => 1, async ({ metrics, parameters, tags }) => {
          if (metrics.length + parameters.length + tags.length > 0) {
            await tracker.logBatch(run.id, { metrics, parameters, tags });
          }
        });
        await following.stop();
        await tracker.getRun(run.id);
      },
      close: () => tracker.close(),
    };
  },
};

const sources: Target<Uint8Array> = {
  name: "changed line of a source",
  weight: 1,
  open: () => ({
    samples: [bytes("import a\n\nprint(a)\n"), bytes(mlmodel)],
    run: (content) => void firstDifferentLine(bytes(mlmodel), content),
  }),
};

export const outputTargets: readonly Target[] = [
  ...formats.map(comparison),
  ...kinds.map(firstLook),
  printed,
  log,
  sources,
].map((target) => anyTarget(target as Target<never>));
