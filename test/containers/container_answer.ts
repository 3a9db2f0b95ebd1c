/** What a call of a project with an image came to: how its container was started, and its run. */
import { dirname, join } from "node:path";
import { readRuns } from "../run/run_project.ts";
import type { ContainerCase } from "./container_cases.ts";
import { type ContainerPlace, readStarted } from "./container_workplace.ts";

export interface ContainerAnswer {
  readonly isSuccess: boolean;
  /** After `docker`. Ids and folders are replaced by words in capitals. */
  readonly started?: readonly string[];
  readonly runs: readonly {
    readonly status: string;
    readonly params: Readonly<Record<string, string>>;
    readonly tags: Readonly<Record<string, string>>;
  }[];
}

/** Gives the folder where the call is made. */
export async function writeProject(place: ContainerPlace, { files }: ContainerCase): Promise<string> {
  const folder = await Deno.makeTempDir({ dir: place.folder, prefix: "work-" });
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, "project", name);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
  return folder;
}

export async function readContainerAnswer(
  place: ContainerPlace,
  folder: string,
  isSuccess: boolean,
): Promise<ContainerAnswer> {
  const isRecorded = await Deno.stat(join(folder, "mlflow.db")).then(() => true, () => false);
  const runs = isRecorded ? readRuns(folder) : [];
  const started = await readStarted(place);
  const plain = (text: string) =>
    runs.reduce((all, { id }) => all.replaceAll(id, "RUN"), text.replaceAll(folder, "WORK"))
      .replace(/^MLFLOW_TRACKING_URI=http.*/, "MLFLOW_TRACKING_URI=SERVER");
  return {
    isSuccess,
    ...(started === undefined ? {} : { started: started.map(plain) }),
    runs: runs.map(({ status, params, tags }) => ({
      status,
      params,
      tags: Object.fromEntries(
        Object.entries(tags).filter(([key]) => !/^(sluice\.|mlflow\.(runName|user))/.test(key))
          // The image of a project is made anew each time.
          .map(([key, value]) => [key, key === "mlflow.docker.image.id" ? "ID" : plain(value)] as const)
          .sort(),
      ),
    })),
  };
}
