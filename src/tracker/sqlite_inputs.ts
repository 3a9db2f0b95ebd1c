/** What a run read and made, datasets and models, in MLflow's database. */
import type { DatasetInput, ModelInput, ModelOutput } from "../core/tracking.ts";
import { checkDatasetInput } from "./mlflow_rules.ts";
import type { Database } from "./sqlite_database.ts";
import { groupByRun } from "./sqlite_metrics.ts";
import { known, number, type Row, text } from "./sqlite_row.ts";

/** 32 hex digits. */
export function newId(): string {
  // Deno's randomUUID makes a batch at its first call, which costs milliseconds.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toHex();
}

/** A dataset is one of its experiment by name and digest; said again, it keeps its first tags. */
export function insertInputs(
  database: Database,
  runId: string,
  experimentId: number,
  datasets: readonly DatasetInput[],
  models: readonly ModelInput[],
): void {
  datasets.forEach(checkDatasetInput);
  for (const { dataset, tags } of datasets) {
    const datasetId = findDataset(database, experimentId, dataset) ??
      insertDataset(database, experimentId, dataset);
    const inputId = newId();
    if (!insertEdge(database, inputId, ["DATASET", datasetId, "RUN", runId])) continue;
    for (const { key, value } of tags) {
      database.run("INSERT INTO input_tags (input_uuid, name, value) VALUES (?, ?, ?)", inputId, key, value);
    }
  }
  for (const { modelId } of models) {
    insertEdge(database, newId(), ["RUN_INPUT", runId, "MODEL_INPUT", modelId]);
  }
}

/** A model that is an output already stays as it is. */
export function insertOutputs(database: Database, runId: string, models: readonly ModelOutput[]): void {
  for (const { modelId, step } of models) {
    insertEdge(database, newId(), ["RUN_OUTPUT", runId, "MODEL_OUTPUT", modelId], step);
  }
}

/** By run; `runIds` is a JSON list. */
export function inputsAndOutputs(database: Database, runIds: string): {
  readonly datasetInputs: Map<string, DatasetInput[]>;
  readonly modelInputs: Map<string, ModelInput[]>;
  readonly modelOutputs: Map<string, ModelOutput[]>;
} {
  const edges = (source: string, destination: string) =>
    database.all(
      "SELECT source_id AS run_uuid, destination_id, step FROM inputs WHERE source_type = ? AND " +
        "source_id IN (SELECT value FROM json_each(?)) AND destination_type = ? ORDER BY inputs.rowid",
      source,
      runIds,
      destination,
    );
  const modelId = (row: Row) => text(row["destination_id"]);
  return {
    datasetInputs: datasetInputs(database, runIds),
    modelInputs: groupByRun(edges("RUN_INPUT", "MODEL_INPUT"), (row) => ({ modelId: modelId(row) })),
    modelOutputs: groupByRun(
      edges("RUN_OUTPUT", "MODEL_OUTPUT"),
      (row) => ({ modelId: modelId(row), step: number(row["step"]) }),
    ),
  };
}

function datasetInputs(database: Database, runIds: string): Map<string, DatasetInput[]> {
  const rows = database.all(
    "SELECT inputs.destination_id AS run_uuid, inputs.input_uuid, datasets.* FROM inputs " +
      "JOIN datasets ON datasets.dataset_uuid = inputs.source_id WHERE inputs.destination_type = 'RUN' AND " +
      "inputs.destination_id IN (SELECT value FROM json_each(?)) AND inputs.source_type = 'DATASET' " +
      "ORDER BY inputs.rowid",
    runIds,
  );
  return groupByRun(rows, (row) => ({
    dataset: {
      name: text(row["name"]),
      digest: text(row["digest"]),
      sourceType: text(row["dataset_source_type"]),
      source: text(row["dataset_source"]),
      ...known("schema", row["dataset_schema"], text),
      ...known("profile", row["dataset_profile"], text),
    },
    tags: database
      .all("SELECT name, value FROM input_tags WHERE input_uuid = ? ORDER BY name", row["input_uuid"]!)
      .map((tag) => ({ key: text(tag["name"]), value: text(tag["value"]) })),
  }));
}

type Dataset = DatasetInput["dataset"];

function findDataset(
  database: Database,
  experimentId: number,
  { name, digest }: Dataset,
): string | undefined {
  const row = database.get(
    "SELECT dataset_uuid FROM datasets WHERE experiment_id = ? AND name = ? AND digest = ?",
    experimentId,
    name,
    digest,
  );
  return row === undefined ? undefined : text(row["dataset_uuid"]);
}

function insertDataset(database: Database, experimentId: number, dataset: Dataset): string {
  const id = newId();
  database.run(
    "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source, " +
      "dataset_schema, dataset_profile) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    id,
    experimentId,
    dataset.name,
    dataset.digest,
    dataset.sourceType,
    dataset.source,
    dataset.schema ?? null,
    dataset.profile ?? null,
  );
  return id;
}

/** `ends` are source type and id, destination type and id. False when the edge was there. */
function insertEdge(
  database: Database,
  id: string,
  ends: readonly [string, string, string, string],
  step = 0,
): boolean {
  return database.run(
    "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id, step) " +
      "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    id,
    ...ends,
    step,
  ) > 0;
}
