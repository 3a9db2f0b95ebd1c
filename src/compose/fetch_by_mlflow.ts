/**
 * Fetches by MLflow's own client what lies in stores that it alone knows, such as S3: in an environment of its own, which
 * is made when the first address of that kind is met.
 */
import { join } from "node:path";
import { z } from "zod";
import type { EnvironmentProgress, PythonSpec } from "../core/environment.ts";
import { makeFolder } from "../core/file_tree.ts";
import { mlflowOfFile } from "../core/tracking.ts";
import { runProgram } from "../environments/run_program.ts";
import { openProjectEnvironments } from "./open_project_environments.ts";

/** What MLflow's client needs beside itself, by scheme. Source: MLflow 3.17's documentation of artifact stores. */
const packages: Readonly<Record<string, readonly string[]>> = {
  abfss: ["azure-identity", "azure-storage-file-datalake"],
  b2: ["boto3"],
  dbfs: [],
  ftp: [],
  gs: ["google-cloud-storage"],
  hdfs: ["pyarrow"],
  oci: ["boto3"],
  r2: ["boto3"],
  s3: ["boto3"],
  sftp: ["paramiko", "pysftp"],
  viewfs: ["pyarrow"],
  wasbs: ["azure-storage-blob", "azure-identity"],
};

/** The scheme of an address that MLflow's client knows; undefined for any other. */
export function schemeOfMlflow(uri: string): string | undefined {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase();
  return scheme !== undefined && Object.hasOwn(packages, scheme) ? scheme : undefined;
}

export interface FetchSurroundings {
  /** The user's cache folder of sluice. */
  readonly cache: string;
  /** The caller's, with what stores ask for: keys, addresses, certificates. */
  readonly variables: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: EnvironmentProgress) => void;
}

const Fetched = z.discriminatedUnion("is", [
  z.object({ is: z.literal("fetched"), path: z.string() }),
  z.object({ is: z.literal("failed"), words: z.string() }),
]);
type Fetched = z.infer<typeof Fetched>;

/** Into `folder`, which is made. Throws what environments fail with, and the reason of an aborted signal. */
export async function fetchByMlflow(
  uri: string,
  scheme: string,
  folder: string,
  { cache, variables, signal, onProgress }: FetchSurroundings,
): Promise<Fetched> {
  const project = join(cache, "downloads");
  [project, folder].forEach(makeFolder);
  const requirements = [`mlflow-skinny==${mlflowOfFile}`, ...packages[scheme]!];
  const spec: PythonSpec = { kind: "python", requirements: { from: "list", requirements } };
  const environments = await openProjectEnvironments(project, variables);
  try {
    const { path, variables: own } = await environments.prepare(spec, { signal, onProgress });
    onProgress({ is: "installing", message: `fetching ${uri}` });
    const { code, stdout, stderr } = await runProgram({
      program: join(path[0]!, "python"),
      arguments: ["-c", script, uri, folder],
      variables: { ...variables, ...own, MLFLOW_TRACKING_URI: "", MLFLOW_DISABLE_TELEMETRY: "true" },
      folder,
      signal,
    });
    if (code !== 0) return { is: "failed", words: stderr.trim().split("\n").slice(-3).join("\n") };
    return Fetched.parse(JSON.parse(stdout.trim().split("\n").at(-1)!));
  } finally {
    await environments.close();
  }
}

const script = `
import json, os, sys
os.environ.pop("MLFLOW_TRACKING_URI", None)
uri, folder = sys.argv[1:]
try:
    from mlflow.tracking.artifact_utils import _download_artifact_from_uri
    answer = {"is": "fetched", "path": os.path.abspath(_download_artifact_from_uri(artifact_uri=uri, output_path=folder))}
except Exception as error:
    answer = {"is": "failed", "words": "%s: %s" % (type(error).__name__, error)}
print(json.dumps(answer))
`;
