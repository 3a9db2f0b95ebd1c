/**
 * Runs `deno test` and closes with one line, `N passed, N failed`: what `deno task test` does.
 *
 * Arguments are passed on: `deno task test test/readme_test.ts`, `deno task test --filter plan`. With `--long`
 * as the first one, the tests of `test/long/` run instead of all others.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { closingLines, readReport } from "./test_report.ts";

const longTests = "test/long/";

/** Ends with the exit code of the test run. */
async function runTests(args: readonly string[]): Promise<number> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const folder = await Deno.makeTempDir({ prefix: "sluice-tests-" });
  try {
    const report = join(folder, "report.xml");
    const isLong = args[0] === "--long";
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "--allow-all",
        `--junit-path=${report}`,
        ...isLong ? [longTests, ...args.slice(1)] : [`--ignore=${longTests}`, ...args],
      ],
      cwd: root,
      env: ownEnvironment(Deno.env.toObject()),
      clearEnv: true,
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
    const xml = await Deno.readTextFile(report).catch(() => "");
    for (const line of closingLines(readReport(xml), code)) console.log(line);
    return code;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A developer's own tracking server or settings must not reach the tests. */
function ownEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(MLFLOW|SLUICE)_/.test(name)));
}

Deno.exit(await runTests(Deno.args));
