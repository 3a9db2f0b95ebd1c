/** Runs a pipeline of this repository as a user does, and reads what it left with MLflow's own client. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runPython } from "../real/mlflow.ts";
import { finish, type Finished, startDeno } from "../run/run_project.ts";

/** What `read_runs.py` prints. */
export interface Recorded {
  /** Oldest first. */
  readonly runs: readonly {
    readonly id: string;
    readonly name: string;
    readonly experiment: string;
    readonly status: string;
    readonly params: Readonly<Record<string, string>>;
    readonly metrics: Readonly<Record<string, number>>;
    readonly tags: Readonly<Record<string, string>>;
    /** Files, by path. */
    readonly artifacts: readonly string[];
    /** `[step, value]` of each point. */
    readonly histories: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  }[];
  readonly loggedModels: readonly {
    readonly name: string;
    readonly status: string;
    readonly runId: string;
    readonly flavors: readonly string[];
    readonly metrics: Readonly<Record<string, number>>;
  }[];
  readonly versions: readonly {
    readonly name: string;
    readonly version: string;
    readonly status: string;
    readonly runId: string;
    readonly flavors: readonly string[];
  }[];
}
export type RecordedRun = Recorded["runs"][number];

/** `file` is a path from the root of the repository. Throws what the run printed when it does not end well. */
export async function runFile(file: string, args: readonly string[], folder: string): Promise<Finished> {
  const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  const finished = await finish(startDeno([path, ...args], folder));
  if (finished.code !== 0) {
    throw new Error(
      `${file} ${args.join(" ")} ended with ${finished.code}\n${finished.stderr}${finished.stdout}`,
    );
  }
  return finished;
}

/** Reads `mlflow.db` of the folder, in one Python process. */
export async function readRecorded(folder: string, ...histories: readonly string[]): Promise<Recorded> {
  const reader = fileURLToPath(new URL("./read_runs.py", import.meta.url));
  const uri = `sqlite:///${join(folder, "mlflow.db")}`;
  const { code, stdout, stderr } = await runPython({ file: reader }, [uri, ...histories], { cwd: folder });
  if (code !== 0) throw new Error(`read_runs.py ended with ${code}\n${stderr}`);
  return JSON.parse(stdout);
}

/** The nested runs of a pipeline run, by step. */
export function stepsOf(recorded: Recorded, parent: RecordedRun): Record<string, RecordedRun> {
  return Object.fromEntries(
    recorded.runs.filter((run) => run.tags["mlflow.parentRunId"] === parent.id)
      .map((run) => [run.tags["sluice.step"] ?? run.name, run]),
  );
}

/** Pipeline runs, oldest first. */
export const parentsOf = (recorded: Recorded): RecordedRun[] =>
  recorded.runs.filter((run) => run.tags["mlflow.parentRunId"] === undefined);
