/** Files of metrics in an `mlruns` folder: a line a point, `timestamp value step`; those of logged models say more. */
import type { Metric } from "../core/tracking.ts";
import { keyFiles, readText, refuseFile } from "./run_folder.ts";

/** A file longer than a string may be is not read. */
const longest = 500 * 2 ** 20;

/** What Python's `str` makes of a float, or may have made. */
const numeral = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Every point of every metric, oldest first of each; points that are equal count once, as in MLflow's database. */
export function readPoints(folder: string): Metric[] {
  return [...keyFiles(folder)].flatMap(({ key, path }) =>
    readLines(path).map(({ words, line }): Metric => {
      // MLflow before 1.0 wrote no steps.
      if (words.length !== 2 && words.length !== 3) refuseLine(path, line, "`timestamp value step`");
      return readPoint(path, line, key, words);
    })
  );
}

/** The points of a logged model, each with the run that logged it, and maybe a dataset. */
export function readModelPoints(folder: string, modelId: string): (Metric & { readonly runId: string })[] {
  return [...keyFiles(folder)].flatMap(({ key, path }) =>
    readLines(path).map(({ words, line }) => {
      if (words.length !== 4 && words.length !== 6) refuseLine(path, line, "`timestamp value step run`");
      const [, , , runId, datasetName, datasetDigest] = words;
      return {
        ...readPoint(path, line, key, words),
        modelId,
        runId: runId!,
        ...(datasetName === undefined ? {} : { datasetName, datasetDigest: datasetDigest! }),
      };
    })
  );
}

/** The lines of each metric's file. */
export function linesByKey<Point extends { readonly key: string }>(
  points: readonly Point[],
  lineOf: (point: Point) => string,
): ReadonlyMap<string, readonly string[]> {
  const groups = Map.groupBy(points, ({ key }) => key);
  return new Map([...groups].map(([key, group]) => [key, group.map(lineOf)]));
}

/** The inverse of both. */
export function pointLine({ timestamp, value, step }: Metric, ...more: readonly string[]): string {
  return `${[timestamp, writeNumber(value), step, ...more].join(" ")}\n`;
}

function readLines(path: string): { readonly words: readonly string[]; readonly line: number }[] {
  return readText(path, longest).split("\n")
    .map((text, index) => ({ words: text.trim().split(/ +/), line: index + 1 }))
    .filter(({ words }) => words[0] !== "");
}

function readPoint(path: string, line: number, key: string, words: readonly string[]): Metric {
  const [timestamp, value, step = "0"] = words;
  const point = { key, timestamp: Number(timestamp), value: readNumber(value!), step: Number(step) };
  const isWhole = (text: string, read: number) => /^[+-]?\d+$/.test(text) && Number.isSafeInteger(read);
  if (!isWhole(timestamp!, point.timestamp) || !isWhole(step, point.step) || point.value === undefined) {
    return refuseLine(path, line, "`timestamp value step`");
  }
  return { ...point, value: point.value };
}

function refuseLine(path: string, line: number, expected: string): never {
  return refuseFile(path, `its line ${line} is not ${expected}`);
}

function readNumber(text: string): number | undefined {
  if (numeral.test(text)) return Number(text);
  switch (text.toLowerCase().replace(/^\+/, "")) {
    case "nan":
    case "-nan":
      return NaN;
    case "inf":
    case "infinity":
      return Infinity;
    case "-inf":
    case "-infinity":
      return -Infinity;
  }
  return undefined;
}

function writeNumber(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0.0" : String(value);
  return value > 0 ? "inf" : "-inf";
}
