/** json, yaml and MLmodel files by their members. */
import { readYaml, yamlLimit } from "../core/read_yaml.ts";
import { type Closeness, closenessText } from "./closeness.ts";
import type { ByValue } from "./comparison.ts";
import { findValueDifference } from "./compare_values.ts";
import { readText } from "./read_pieces.ts";

/** Larger ones are compared by their bytes. */
const jsonLimitBytes = 1 << 26;

/** What MLflow writes anew whenever a model is saved: names of the run and model, the time, the place. */
const runMembers: ReadonlySet<string> = new Set([
  "artifact_path",
  "model_id",
  "model_uuid",
  "run_id",
  "utc_time_created",
]);

/** By members and elements, wherever they stand in the text. */
export const compareJson = (before: string, after: string, closeness: Closeness): Promise<ByValue> =>
  compareParsed(before, after, jsonLimitBytes, closeness, (text) => Promise.resolve(JSON.parse(text)));

/** As JSON, by what YAML 1.2 makes of both. */
export const compareYaml = (before: string, after: string, closeness: Closeness): Promise<ByValue> =>
  compareParsed(before, after, yamlLimit, closeness, readYaml);

/** Members that each run writes anew do not count; the others are compared as they are, formatting does not count. */
export const compareMlmodel = (before: string, after: string, closeness: Closeness): Promise<ByValue> =>
  compareParsed(before, after, yamlLimit, closeness, readYaml, runMembers);

async function compareParsed(
  before: string,
  after: string,
  limitBytes: number,
  closeness: Closeness,
  parse: (text: string) => Promise<unknown>,
  ignored?: ReadonlySet<string>,
): Promise<ByValue> {
  const parsed: unknown[] = [];
  for (const path of [before, after]) {
    const text = await readText(path, limitBytes);
    if (text === undefined) {
      return { is: "unreadable", because: `it is not UTF-8, or larger than ${limitBytes} bytes` };
    }
    try {
      parsed.push(await parse(text.replace(/^\ufeff/, "")));
    } catch {
      return { is: "unreadable", because: "it is not of its format" };
    }
  }
  const anew: string[] = [];
  const found = findValueDifference(parsed[0], parsed[1], {
    closeness,
    at: (path) => path === "" ? "" : path.replace(/^\./, ""),
    ...(ignored === undefined ? {} : { ignored, onIgnored: (member) => anew.push(member) }),
  });
  if (found !== undefined) return { is: "different", found };
  const written = anew.length === 0 ? [] : [`written anew by each run: ${anew.sort().join(", ")}`];
  return { is: "same", allowed: [...written, ...closenessText(closeness)] };
}
