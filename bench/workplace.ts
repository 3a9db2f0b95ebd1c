/** Where programs are measured: a folder for a project, and the environment they get. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { denoFolder } from "../src/scheduler/deno_folder.ts";
import { mlflowPython } from "../test/real/mlflow.ts";

export interface Workplace {
  /** The repository, with a slash at its end. */
  readonly root: string;
  /** The Deno that runs this. */
  readonly deno: string;
  /** A new empty folder. */
  folder(): Promise<string>;
  /** What programs get: what a user has, with nothing that steers MLflow, Python or sluice. */
  readonly variables: Readonly<Record<string, string>>;
  /** How often the quick ones are measured. */
  readonly rounds: number;
  /** The folder of the programs of an environment with MLflow 3.17.2, its bytecode compiled. */
  mlflowPrograms(): Promise<string>;
  /** A uv: on PATH, else the one that `mlflowPrograms` was made with. */
  uv(): Promise<string>;
}

/** Its folders are below `temporary`, and go with it. */
export function openWorkplace(temporary: string, rounds: number): Workplace {
  const variables = Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) =>
      !/^(MLFLOW_|SLUICE_|PYTHON|VIRTUAL_ENV)/.test(name)
    ),
  );
  const mlflowPrograms = async () => join(await mlflowPython(), "..");
  return {
    root: fileURLToPath(new URL("..", import.meta.url)),
    deno: Deno.execPath(),
    folder: () => Deno.makeTempDir({ dir: temporary }),
    // Deno's own cache stays where it is when a row gives sluice an empty one.
    variables: {
      ...variables,
      ...denoCache(variables),
      DO_NOT_TRACK: "true",
      NO_COLOR: "1",
      DENO_NO_UPDATE_CHECK: "1",
    },
    rounds,
    mlflowPrograms,
    async uv() {
      const { findUv } = await import("./find_uv.ts");
      return await findUv(variables, await Deno.makeTempDir({ dir: temporary }));
    },
  };
}

function denoCache(variables: Readonly<Record<string, string>>): Record<string, string> {
  const folder = denoFolder(variables);
  return folder === undefined ? {} : { DENO_DIR: folder };
}
