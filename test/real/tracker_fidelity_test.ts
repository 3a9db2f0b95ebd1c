/** The tracker's file against MLflow's: the same schema, the same rows for the same operations, readable both ways. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import type { Tracker } from "../../src/core/ports/tracker.ts";
import { type RunBatch, TrackingError } from "../../src/core/tracking.ts";
import { openSqliteTracker } from "../../src/tracker/sqlite_tracker.ts";
import { realTest } from "../real_part.ts";
import { runPython } from "./mlflow.ts";

const python = join(import.meta.dirname!, "tracker_fidelity.py");
const open = (path: string) => openSqliteTracker(path, { create: true, clock: Date.now });
const point = (key: string, value: number, timestamp: number, step: number) => ({
  key,
  value,
  timestamp,
  step,
});

/** Each is refused, with MLflow's own words. */
const refused: readonly RunBatch[] = [
  { parameters: [{ key: "alpha", value: "it's" }, { key: "new", value: "1" }] },
  { parameters: [{ key: "x", value: "1" }, { key: "x", value: "1" }] },
  ...["", "a//b", "../a", "/a", "a/../b", "..", "a(b)", 'q"é𝛼', "new\nline", "k".repeat(251)].flatMap((
    key,
  ) => [
    { parameters: [{ key, value: "1" }] },
    { tags: [{ key: "fine", value: "1" }, { key, value: "1" }] },
    { metrics: [point(key, 1, 1, 1)] },
  ]),
  { metrics: [point("m", 1.5, -1, 1)] },
];

/** As `make` of `tracker_fidelity.py`. Gives the run of the step. */
async function make(tracker: Tracker): Promise<string> {
  const experiment = await tracker.createExperiment("flights", [{ key: "team", value: "a" }]);
  const experimentId = experiment.id;
  const user = { key: "mlflow.user", value: "ada" };
  const parent = await tracker.createRun({
    experimentId,
    name: "parent",
    user: "ada",
    startedAt: 1000,
    tags: [user, { key: "mlflow.source.type", value: "PROJECT" }, { key: "long", value: "t".repeat(9000) }],
  });
  const { id: child } = await tracker.createRun({
    experimentId,
    name: "child",
    user: "ada",
    startedAt: 2000,
    tags: [user, { key: "mlflow.parentRunId", value: parent.id }],
  });
  await tracker.logBatch(child, {
    metrics: [
      point("loss", 0.5, 10, 0),
      point("loss", 0.25, 11, 1),
      point("loss", 0.25, 11, 1),
      point("loss", 7, 9, -3),
      point("nan", NaN, 10, 0),
      point("far", Infinity, 10, 0),
      point("far", -Infinity, 10, 0),
      point("zero", -0, 10, 0),
      point("tiny", 5e-324, 10, 0),
    ],
    parameters: [
      { key: "alpha", value: "0.1" },
      { key: "long", value: "é".repeat(7000) },
      { key: "a/b c.d:e-f_g", value: "" },
    ],
    tags: [{ key: "t", value: "1" }, { key: "tagged", value: "x".repeat(9000) }],
  });
  await tracker.logBatch(child, { metrics: [point("loss", 0.25, 11, 1), point("nan", -1, 10, 0)] });
  await tracker.logBatch(child, {
    tags: [{ key: "t", value: "2" }, { key: "mlflow.runName", value: "renamed" }],
  });
  await tracker.deleteTag(child, "tagged");
  const source = JSON.stringify({ url: "https://example.org/x.csv" }).replace(":", ": ");
  const dataset = { name: "d", digest: "abc", sourceType: "http", source, schema: "{}" };
  await tracker.logInputs(child, [{ dataset, tags: [{ key: "mlflow.data.context", value: "train" }] }], []);
  const { id: modelId } = await tracker.createLoggedModel({
    experimentId,
    name: "model",
    modelType: "sklearn",
    sourceRunId: child,
    tags: [{ key: "k", value: "v" }],
    parameters: [{ key: "p", value: "1" }],
  });
  const auc = { ...point("auc", 0.9, 12, 2), modelId, datasetName: "d", datasetDigest: "abc" };
  await tracker.logBatch(child, { metrics: [auc] });
  await tracker.logLoggedModelParameters(modelId, [{ key: "q", value: "2" }]);
  await tracker.setLoggedModelTags(modelId, [{ key: "k", value: "w" }]);
  await tracker.finalizeLoggedModel(modelId, "READY");
  await tracker.logInputs(parent.id, [], [{ modelId }]);
  await tracker.logOutputs(child, [{ modelId, step: 2 }]);
  const tags = [{ key: "k", value: "v" }];
  await tracker.createRegisteredModel("registered", { description: "what it is", tags });
  for (const _ of [1, 2]) {
    const version = {
      name: "registered",
      source: `models:/${modelId}`,
      runId: child,
      description: "one",
      tags,
    };
    await tracker.createModelVersion(version);
  }
  await tracker.setModelAlias("registered", "best", "1");
  await tracker.setModelAlias("registered", "best", "2");
  await tracker.updateRun(child, { status: "FAILED", endedAt: 3000 });
  await tracker.updateRun(parent.id, { name: "father" });
  await tracker.updateRun(parent.id, { status: "FINISHED", endedAt: 4000 });
  return child;
}

realTest(
  ["mlflow"],
  "a tracker's file is the one that MLflow would have written, and each reads the other's",
  async () => {
    const folder = await Deno.makeTempDir();
    const [ours, theirs] = [join(folder, "ours"), join(folder, "theirs")];
    await Deno.mkdir(theirs);
    const tracker = await open(join(ours, "mlflow.db"));
    const child = await make(tracker);
    const { info } = await tracker.getRun(child);
    await tracker.artifacts.write(info.artifactUri, "logs/output.log", new Blob(["line"]).stream());
    await Deno.writeTextFile(join(folder, "refused.json"), JSON.stringify(refused));

    // Our connection stays open meanwhile.
    const run = await runPython({ file: python }, [join(ours, "mlflow.db"), join(folder, "refused.json")], {
      cwd: theirs,
    });
    assert.equal(run.code, 0, run.stderr);
    const said = JSON.parse(run.stdout);

    await step("the schema is the same, table by table and index by index", () => {
      assert.deepEqual(schemaOf(join(ours, "mlflow.db")), schemaOf(join(theirs, "mlflow.db")));
    });
    await step("the same operations leave the same rows", () => {
      assert.deepEqual(rowsOf(ours), rowsOf(theirs));
    });
    await step("refusals are in MLflow's words", async () => {
      for (const [index, batch] of refused.entries()) {
        await assert.rejects(tracker.logBatch(child, batch), (error: unknown) => {
          assert.ok(error instanceof TrackingError);
          assert.deepEqual(
            [error.code, mask(error.message)],
            said.refusals[index]?.map(mask),
            JSON.stringify(batch),
          );
          return true;
        });
      }
    });
    await step("MLflow's client finds runs, nested ones, points, artifacts and models in our file", () => {
      assert.deepEqual(said.seen, {
        runs: [["renamed", "FAILED"], ["father", "FINISHED"]],
        nested: ["renamed"],
        params: ["a/b c.d:e-f_g", "alpha", "long"],
        history: [[9, -3, 7], [10, 0, 0.5], [11, 1, 0.25]],
        artifacts: [["logs/output.log", 4]],
        model: "READY",
        version: 2,
      });
    });
    await step("our tracker reads from MLflow's file what it reads from its own", async () => {
      const other = await open(join(theirs, "mlflow.db"));
      const tell = async (one: Tracker, root: string) => {
        const experiment = await one.findExperiment("flights");
        const found = await one.searchRuns({ experimentIds: [experiment!.id], limit: 10 });
        const modelId = found[0]!.modelOutputs[0]!.modelId;
        const version = await one.getModelVersionByAlias("registered", "best");
        const all = { experiment, found, model: await one.getLoggedModel(modelId), version };
        const labels = new Map(
          [...found.map(({ info }) => info.id), modelId].map((id, index) => [id, `id-${index}`]),
        );
        return JSON.parse(
          JSON.stringify(all, (key, value) => isMoment(key) ? "then" : value)
            .replaceAll(root, "root").replace(/(?:m-)?[0-9a-f]{32}/g, (id) => labels.get(id) ?? id),
        );
      };
      assert.deepEqual(await tell(other, theirs), await tell(tracker, ours));
      await other.close();
    });
    await tracker.close();
    await Deno.remove(folder, { recursive: true });
  },
);

/** A part of the test above; a failure says which. */
async function step(name: string, check: () => void | Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    throw new Error(`it does not hold that ${name}`, { cause: error });
  }
}

const mask = (text: string) => text.replace(/[0-9a-f]{32}/g, "id");
const isMoment = (key: string) => key === "createdAt" || key === "updatedAt";

function schemaOf(path: string) {
  using database = new DatabaseSync(path, { readOnly: true });
  return database
    .prepare("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
    .all()
    .map((row) => ({
      ...row,
      sql: withSortedConstraints(row["sql"] as string | null),
      columns: row["type"] === "index" ? indexColumns(database, String(row["name"])) : [],
    }));
}

/** MLflow's migrations write the constraints of a table in an order that changes with Python's hash seed. */
function withSortedConstraints(sql: string | null): string[] {
  const lines = (sql ?? "").split("\n").map((line) => line.trim().replace(/,$/, ""));
  const isConstraint = (line: string) => /^(CONSTRAINT|CHECK|FOREIGN KEY|PRIMARY KEY|UNIQUE)\b/.test(line);
  return [...lines.filter((line) => !isConstraint(line)), ...lines.filter(isConstraint).sort()];
}

const indexColumns = (database: DatabaseSync, name: string) =>
  database.prepare("SELECT name, desc, key FROM pragma_index_xinfo(?)").all(name);

/** Every table's rows as SQL literals, so that 1 and 1.0 differ; ids, folder and the clock's times replaced. */
function rowsOf(folder: string): Record<string, string[]> {
  using database = new DatabaseSync(join(folder, "mlflow.db"), { readOnly: true });
  const labels = new Map<string, string>();
  for (
    const [table, column] of [["runs", "run_uuid"], ["logged_models", "model_id"], [
      "datasets",
      "dataset_uuid",
    ]]
  ) {
    for (const row of database.prepare(`SELECT ${column} AS id FROM ${table} ORDER BY rowid`).all()) {
      labels.set(String(row["id"]), `${table} ${labels.size}`);
    }
  }
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
  return Object.fromEntries(tables.map(({ name }) => {
    const columns = database.prepare("SELECT name FROM pragma_table_xinfo(?)").all(String(name)).map((row) =>
      row["name"]
    );
    const rows = database
      .prepare(
        `SELECT ${columns.map((column) => `quote("${column}") AS "${column}"`).join(", ")} FROM "${name}"`,
      )
      .all()
      .map((row) =>
        JSON.stringify({ ...row }, (key, value) => /^(creation|last_update)/.test(key) ? "then" : value)
      )
      .map((row) => row.replaceAll(folder, "root"))
      .map((row) => row.replace(/(?:m-)?[0-9a-f]{32}/g, (id) => labels.get(id) ?? "id"));
    return [name, rows.sort()];
  }));
}
