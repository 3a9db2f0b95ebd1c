import assert from "node:assert/strict";
import { closingLines, readReport } from "./test_report.ts";

const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="3" failures="1" errors="0" time="1.108">
    <testsuite name="./a_test.ts" tests="3" disabled="1" errors="0" failures="1">
        <testcase name="a &amp; &lt;b&gt; &quot;c&quot;" classname="./a_test.ts" time="0.250" line="1" col="6">
        </testcase>
        <testcase name="breaks" classname="./a_test.ts" time="1.001" line="2" col="6">
            <failure message="Uncaught Error: &lt;skipped/&gt;">Error: no]]&gt;</failure>
        </testcase>
        <testcase name="needs x" classname="./a_test.ts" time="0.000" line="3" col="6">
            <skipped/>
        </testcase>
    </testsuite>
</testsuites>`;

Deno.test("readReport() gives each test with its file, time and outcome", () => {
  assert.deepEqual(readReport(report), [
    { file: "a_test.ts", name: 'a & <b> "c"', tookMs: 250, outcome: "passed" },
    { file: "a_test.ts", name: "breaks", tookMs: 1001, outcome: "failed" },
    { file: "a_test.ts", name: "needs x", tookMs: 0, outcome: "skipped" },
  ]);
});

Deno.test("closingLines() names the slowest and the skipped, and ends with the count", () => {
  assert.deepEqual(closingLines(readReport(report), 1), [
    "slowest:",
    "     1.0 s  a_test.ts: breaks",
    '     0.3 s  a_test.ts: a & <b> "c"',
    "skipped:",
    "  a_test.ts: needs x",
    "1 passed, 1 failed, 1 skipped",
  ]);
});

Deno.test("closingLines() counts a file that cannot be loaded as a failure", () => {
  assert.deepEqual(closingLines([], 1), [
    "deno test ended with exit code 1 and no failed test: a test file cannot be loaded, see above",
    "0 passed, 1 failed",
  ]);
});
