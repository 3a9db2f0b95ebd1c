/**
 * What every tracker does, as MLflow 3.17.2 does it: run against the SQLite file, and by our client of MLflow's REST
 * against MLflow itself.
 */
import type { TrackerCheck } from "./tracker_check.ts";
import { batchChecks } from "./tracker_contract_batches.ts";
import { modelChecks } from "./tracker_contract_models.ts";
import { runChecks } from "./tracker_contract_runs.ts";

/** Checks may share one tracker. */
export const trackerContract: readonly TrackerCheck[] = [...runChecks, ...batchChecks, ...modelChecks];
