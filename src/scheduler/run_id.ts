/** Ids of runs. */

/** 32 hex digits, as MLflow's are. */
export const newRunId = (): string => crypto.getRandomValues(new Uint8Array(16)).toHex();
