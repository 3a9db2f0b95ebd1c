/** json, yaml and MLmodel files by their members. */
import { type Closeness, closenessText } from "./closeness.ts";
import type { ByValue } from "./comparison.ts";
import { findValueDifference } from "./compare_values.ts";
import { readText } from "./read_pieces.ts";

/** Larger ones are compared by their bytes. */
const jsonLimitBytes = 1 << 26;
/** What takes a second at the worst. */
const yamlLimitBytes = 1 << 17;

/** What MLflow writes anew whenever a model is saved: names of the run and model, the time, the place. */
const runMembers: ReadonlySet<string> = new Set([
  "artifact_path",
  "model_id",
  "model_uuid",
  "run_id",
  "utc_time_created",
]);

export const compareJson = (before: string, after: string, closeness: Closeness): Promise<ByValue> =>
  compareParsed(before, after, jsonLimitBytes, closeness, (text) => Promise.resolve(JSON.parse(text)));

export const compareYaml = (before: string, after: string, closeness: Closeness): Promise<ByValue> =>
  compareParsed(before, after, yamlLimitBytes, closeness, parseYaml);

/** Members that each run writes anew do not count; the others are compared as they are, formatting does not count. */
export const compareMlmodel = (before: string, after: string, closeness: Closeness): Promise<ByValue> =>
  compareParsed(before, after, yamlLimitBytes, closeness, parseYaml, runMembers);

async function parseYaml(text: string): Promise<unknown> {
  const { parse } = await import("yaml");
  // Aliases could make a small text an endless value, and to look for a name that stands twice takes its square.
  return parse(text, { maxAliasCount: 0, uniqueKeys: false, logLevel: "silent" });
}

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
