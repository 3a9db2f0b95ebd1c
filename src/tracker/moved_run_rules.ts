/** What holds wherever a run goes: when two are the same run, and which of them is further. */
import { refuse } from "../core/error.ts";
import type { Experiment, ModelVersion, Run, RunInfo } from "../core/tracking.ts";

/** The id of the run whose artifacts these are: a run that was taken from the cache has those of the run that made them. */
export const ownerOf = (run: RunInfo): string =>
  /(?:^|[/\\])([0-9a-f]{32})[/\\]artifacts\/?$/.exec(run.artifactUri)?.[1] ?? run.id;

/** Throws RUNS_DIFFER for an experiment of this name that is deleted where it is to go, unless this one is as well. */
export function checkSameExperiment(experiment: Experiment, found: Experiment): void {
  if (found.lifecycleStage === "active" || experiment.lifecycleStage === "deleted") return;
  refuse({
    code: "RUNS_DIFFER",
    message: `Cannot bring runs to experiment \`${found.name}\` as it is deleted there`,
    hint: `\`mlflow experiments restore --experiment-id ${found.id}\` brings it back`,
  });
}

/** Throws RUNS_DIFFER for a parameter that has another value where the run is already. */
export function checkSameParameters(run: Run, found: Run): void {
  const known = new Map(found.parameters.map(({ key, value }) => [key, value]));
  for (const { key, value } of run.parameters) {
    const other = known.get(key);
    if (other === undefined || other === value) continue;
    refuse({
      code: "RUNS_DIFFER",
      message: `Cannot bring run \`${run.info.id}\` as its parameter ${JSON.stringify(key)} is ` +
        `${JSON.stringify(other)} there and ${JSON.stringify(value)} here`,
      hint: "Bring it to another place, or choose runs by their ids",
    });
  }
}

/** True where `run` has ended and the one that is there has not, or earlier. */
export const isLaterEnd = (run: RunInfo, found: RunInfo): boolean =>
  run.endedAt !== undefined && (found.endedAt === undefined || run.endedAt >= found.endedAt);

/** Throws RUNS_DIFFER where a version of a registered model is another model where it is to go. */
export function checkSameVersion(
  version: ModelVersion,
  found: { readonly source: string; readonly runId?: string | undefined; readonly createdAt: number },
): void {
  const isSame = found.source === version.source && (found.runId ?? "") === (version.runId ?? "") &&
    found.createdAt === version.createdAt;
  if (isSame) return;
  refuse({
    code: "RUNS_DIFFER",
    message:
      `Cannot bring version ${version.version} of the registered model \`${version.name}\` as it is another ` +
      "model there",
    hint: "Give one of the two models another name, or bring it to another place",
  });
}
