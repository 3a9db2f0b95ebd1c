/** What a test run's JUnit report says, and how it is told. Pure. */

export interface TestCase {
  /** Where it is registered: `test/real_part.ts` for all that need a real part. */
  readonly file: string;
  /** Of a step: its test's name, ` > ` and its own. */
  readonly name: string;
  readonly tookMs: number;
  readonly outcome: "passed" | "failed" | "skipped";
}

/** The cases of a JUnit report as `deno test --junit-path` writes it. */
export function readReport(xml: string): TestCase[] {
  return [...xml.matchAll(/<testcase ([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs)].map(([, head, body]) => ({
    file: attribute(head!, "classname").replace(/^\.\//, ""),
    name: attribute(head!, "name"),
    tookMs: Math.round(Number(attribute(head!, "time")) * 1000),
    outcome: body?.includes("<skipped")
      ? "skipped"
      : /<(failure|error)/.test(body ?? "")
      ? "failed"
      : "passed",
  }));
}

function attribute(head: string, name: string): string {
  return unescape(new RegExp(`(?:^| )${name}="([^"]*)"`).exec(head)?.[1] ?? "");
}

function unescape(text: string): string {
  const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(
    /&(?:#(\d+)|(\w+));/g,
    (whole, code, name) => code !== undefined ? String.fromCodePoint(Number(code)) : entities[name] ?? whole,
  );
}

/**
 * The closing lines: the slowest tests, the skipped with their reasons, then `N passed, N failed`.
 *
 * A file that cannot be loaded is in no report: `exitCode` alone tells of it, and it counts as one failure.
 */
export function closingLines(cases: readonly TestCase[], exitCode: number, slowestCount = 10): string[] {
  const count = (outcome: TestCase["outcome"]) => cases.filter((each) => each.outcome === outcome).length;
  const failed = count("failed");
  const unreported = exitCode !== 0 && failed === 0 ? 1 : 0;
  const skipped = cases.filter((each) => each.outcome === "skipped");
  const slowest = cases.filter((each) => each.tookMs >= 1).sort((a, b) => b.tookMs - a.tookMs)
    .slice(0, slowestCount);
  return [
    ...slowest.length > 0 ? ["slowest:"] : [],
    ...slowest.map((each) => `  ${(each.tookMs / 1000).toFixed(1).padStart(6)} s  ${told(each)}`),
    ...skipped.length > 0 ? ["skipped:"] : [],
    ...skipped.map((each) => `  ${told(each)}`),
    ...unreported > 0
      ? [
        `deno test ended with exit code ${exitCode} and no failed test: a test file cannot be loaded, see above`,
      ]
      : [],
    `${count("passed")} passed, ${failed + unreported} failed` +
    (skipped.length > 0 ? `, ${skipped.length} skipped` : ""),
  ];
}

function told({ file, name }: TestCase): string {
  const line = name.replaceAll("\n", " ");
  return file === "test/real_part.ts" ? line : `${file}: ${line}`;
}
