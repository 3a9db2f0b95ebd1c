import assert from "node:assert/strict";
import { displayWidth } from "./display_width.ts";
import { noPaint } from "./paint.ts";
import { pipelineHelp } from "./pipeline_help.ts";
import { wine } from "./sample_definition_test.ts";

const help = { program: "deno run -A pipeline.ts", columns: 80, paint: noPaint };

Deno.test("pipelineHelp() lists entry points with families folded, parameters, options and examples", () => {
  assert.equal(
    pipelineHelp(wine, undefined, help),
    `wine: How good a wine is

Usage: deno run -A pipeline.ts [ENTRY POINT] [--PARAMETER VALUE]… [OPTION]…

Entry points:
  main        What the pipeline returns: model (default)
  preprocess  Split the data
  train       Fit a model
  fold-*      Fit one fold (3 steps, \`fold-0\` to \`fold-2\`)
  notify      Say that it is done

Parameters of main:
  --alpha            Regularisation strength (float from 0 to 1; default: 0.5)
  --batch-size       int from 8 to 256; default: 32
  --shuffle          boolean; default: true
  --kind             one of: red, white; default: red
  --title            string; default: an empty text
  --preprocess.seed  Of the random split (int; default: 7)

Options:
  -e, --entry-point NAME  What to run (default: main)
  -P, --param NAME=VALUE  Set a parameter, whatever its name
  -n, --dry-run           Show what would run, and run nothing
  -j, --jobs N            Steps at a time (default: the machine's cores)
  -k, --keep-going        After a failure, run what does not need the failed
                          step
  --experiment-name NAME  Experiment to log to (default: the pipeline's name)
  --run-name NAME         Name of the run (default: a new one)
  --sandbox MODE          What holds a step: auto is bubblewrap, else Landlock;
                          require is bubblewrap only; off is nothing (one of:
                          auto, require, off; default: auto)
  --no-cache              Run every step, whatever is kept of it; what it makes
                          is kept
  --locked                Refuse to run unless everything is as sluice.lock says
  --tracking-uri URI      Where runs are logged (default: MLFLOW_TRACKING_URI,
                          else sqlite:///mlflow.db)
  --summary FILE          Write a summary of the run: Markdown to a .md file,
                          JUnit to an .xml file
  --json                  Print events as JSON, one a line
  -q, --quiet             Print failures and the last line only
  -v, --verbose           Print what steps print, as it comes
  --color WHEN            When to use colours; auto is on a terminal, unless
                          NO_COLOR is set (one of: auto, never, always; default:
                          auto)
  --no-color              The same as --color never
  --export DIR            Run nothing, and write the pipeline as an MLflow
                          project to a new folder
  --strict                Export no pipeline of which an MLflow project cannot
                          say all
  --completion SHELL      Print a completion script for this file (one of: bash,
                          zsh, fish)
  -h, --help              Print this help

Examples:
  deno run -A pipeline.ts
  deno run -A pipeline.ts --alpha 1
  deno run -A pipeline.ts notify --help

\`deno run -A pipeline.ts ENTRY-POINT --help\` says what one entry point takes.
`,
  );
});

Deno.test("pipelineHelp() says what one entry point runs and takes, required parameters and names that flags have", () => {
  const definition = {
    ...wine,
    parameters: {
      ...wine.parameters,
      alpha: { type: "float", exclusiveMin: 0 },
      "notify.jobs": { type: "string" },
    },
  } as const;
  const jobs = {
    ...definition,
    parameters: { "preprocess.jobs": { type: "int", description: "How many" } as const },
    steps: [{
      ...wine.steps[0]!,
      arguments: { jobs: { is: "parameter", name: "preprocess.jobs" } as const },
    }],
  };
  const train = pipelineHelp(definition, "train", help);
  assert.match(
    train,
    /^wine train: Fit a model\n\nUsage: .* train \[--PARAMETER VALUE\]… \[OPTION\]…\n\nRuns: preprocess, train\n/,
  );
  assert.match(train, /--alpha +float above 0; required\n/);
  assert.match(
    train,
    /pipeline.ts train --alpha 1\n .*pipeline.ts train --alpha 1 --batch-size 256\n .* --dry-run\n$/,
  );
  assert.match(
    pipelineHelp(jobs, "preprocess", help),
    /--preprocess.jobs +How many \(int; required\)/,
  );
});

Deno.test("pipelineHelp() keeps to the width, where words allow, and to harmless characters", () => {
  const definition = { ...wine, description: `\u001b[31m${"many words ".repeat(40)}\u0007` };
  for (const columns of [60, 80, 120]) {
    const text = pipelineHelp(definition, undefined, { ...help, columns });
    assert.ok(!text.includes("\u001b") && !text.includes("\u0007"));
    for (const line of text.split("\n")) {
      if (!line.includes("deno run")) assert.ok(displayWidth(line) <= columns, `${columns}: ${line}`);
    }
  }
});
