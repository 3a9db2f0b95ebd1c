import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { runSluice, workingFolder } from "./run_project.ts";

const points = 100_000;

Deno.test("each of very many points that a step logs is in the tracker, the last as the latest", async () => {
  await using folder = await workingFolder();
  // More than the follower takes at once, in lines of two metrics, and an end that is no whole line.
  const script = `seq ${points} | sed 's/.*/{"metric":"loss","value":&.5,"step":&}/' >> $SLUICE_LOG
    seq 1000 | sed 's/.*/{"metric":"rate","value":"NaN","step":-&}/' >> $SLUICE_LOG
    printf '{"metric":"rate","value":2}' >> $SLUICE_LOG; echo > $1`;
  await Deno.writeTextFile(
    join(folder.path, "pipeline.ts"),
    `import { file, host, pipeline, sh, step } from "sluice";
const logging = step("logging", {
  env: host(),
  outputs: { made: file() },
  metrics: ["loss", "rate"],
  command: ({ outputs }) => sh\`bash -c \${${JSON.stringify(script)}} script \${outputs.made}\`,
});
export default pipeline("logging", {}, () => logging({}));
`,
  );
  const run = await runSluice(["run", "pipeline.ts"], folder.path);
  assert.equal(run.code, 0, run.stderr);
  using database = new DatabaseSync(join(folder.path, "mlflow.db"), { readOnly: true });
  const all = (sql: string) => database.prepare(sql).all().map((row) => Object.values(row));
  assert.deepEqual(
    all("SELECT key, count(*), count(DISTINCT step), sum(value), sum(is_nan) FROM metrics GROUP BY key"),
    [["loss", points, points, points * (points + 1) / 2 + points / 2, 0], ["rate", 1001, 1001, 2, 1000]],
  );
  assert.deepEqual(all("SELECT key, value, step FROM latest_metrics ORDER BY key"), [
    ["loss", points + 0.5, points],
    ["rate", 2, 0],
  ]);
});
