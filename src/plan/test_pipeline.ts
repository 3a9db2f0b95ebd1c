/** Small pipeline definitions for the tests of this room. */
import { type CommandTemplate } from "../core/command.ts";
import type { Digest } from "../core/digest.ts";
import { digestValue } from "../core/digest.ts";
import { succeed } from "../core/error.ts";
import { noLimits, noPermissions } from "../core/permissions.ts";
import type { PipelineDefinition, StepDefinition, StepUse } from "../core/pipeline.ts";
import { type Answer, type Observations, observe, type Question, questionKey } from "./observation.ts";
import type { ResolvedRequest } from "./resolve_arguments.ts";

const module = "file:///project/pipeline.ts";

export function commandOf(...words: string[]): CommandTemplate {
  return { words: words.map((text) => ({ is: "word", parts: [{ is: "text", text }] })) };
}

export function stepOf(name: string, change: Partial<StepDefinition> = {}): StepDefinition {
  return {
    name,
    module,
    place: { file: module, line: 1 },
    environment: { kind: "host" },
    parameters: {},
    inputs: {},
    outputs: {},
    metrics: [],
    body: { is: "command", command: commandOf("true") },
    permissions: noPermissions,
    limits: noLimits,
    ...change,
  };
}

export function useOf(definition: StepDefinition, change: Partial<StepUse> = {}): StepUse {
  return {
    name: definition.name,
    definition,
    arguments: {},
    inputs: {},
    after: [],
    conditions: [],
    place: { file: module, line: 2 },
    ...change,
  };
}

/** `preprocess` (seed), then `train` (alpha from 0 to 1), then `plot` when `plots`. */
export function trainingPipeline(change: Partial<PipelineDefinition> = {}): PipelineDefinition {
  const file = { kind: "file" } as const;
  const preprocess = stepOf("preprocess", {
    parameters: { seed: { type: "int", default: 1 } },
    outputs: { data: file },
  });
  const train = stepOf("train", {
    parameters: { alpha: { type: "float", default: 0.5, min: 0, max: 1 } },
    inputs: { data: { kind: file, takes: "one" } },
    outputs: { model: file },
    metrics: ["loss"],
  });
  const plot = stepOf("plot", {
    parameters: { title: { type: "string" } },
    inputs: { model: { kind: file, takes: "one" } },
  });
  return {
    name: "training",
    module,
    place: { file: module, line: 9 },
    parameters: {
      alpha: { type: "float", default: 0.5, min: 0, max: 1 },
      plots: { type: "boolean", default: false },
      "preprocess.seed": { type: "int", default: 1 },
      "plot.title": { type: "string" },
    },
    steps: [
      useOf(preprocess, { arguments: { seed: { is: "parameter", name: "preprocess.seed" } } }),
      useOf(train, {
        arguments: { alpha: { is: "parameter", name: "alpha" } },
        inputs: { data: { is: "one", source: { is: "output", step: "preprocess", output: "data" } } },
      }),
      useOf(plot, {
        arguments: { title: { is: "parameter", name: "plot.title" } },
        inputs: { model: { is: "one", source: { is: "output", step: "train", output: "model" } } },
        conditions: ["plots"],
      }),
    ],
    results: { model: { is: "output", step: "train", output: "model" } },
    ...change,
  };
}

/** Answers every question by the question itself, so that equal worlds are equal answers. */
export function answerAll(
  definition: PipelineDefinition,
  request: ResolvedRequest,
  change: (question: Question) => Answer | undefined = () => undefined,
): Observations {
  return new Map(
    observe(definition, request).map((question) => {
      const id: Digest = digestValue(questionKey(question));
      const known = knownAnswer(question, id);
      return [questionKey(question), succeed(change(question) ?? known)];
    }),
  );
}

function knownAnswer(question: Question, id: Digest): Answer {
  switch (question.is) {
    case "environment":
      return { is: "locked", id };
    case "registered":
      return { version: "3", location: "/models/3" };
    case "sources":
    case "modules":
      return { "train.py": id };
    case "hold":
      return "bubblewrap";
    case "content":
    case "granted":
    case "variable":
      return id;
  }
}
