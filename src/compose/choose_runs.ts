/** Which runs of a store are to be moved: all, those of an experiment, or some with all that is nested in them. */
import { refuse } from "../core/error.ts";
import { showValue } from "../core/parameter.ts";
import type { RunSource } from "../core/ports/moved_runs.ts";
import { suggest } from "../core/suggest.ts";
import { type Experiment, type LoggedModel, type Run, type RunInfo, tagOf } from "../core/tracking.ts";

export interface RunChoice {
  /** Ids, or their beginnings; none: all runs. */
  readonly runs: readonly string[];
  /** The name of one; absent: all. */
  readonly experiment?: string | undefined;
}

/** What is to be moved of one experiment. */
export interface ChosenRuns {
  readonly experiment: Experiment;
  readonly runs: readonly RunInfo[];
  readonly models: readonly LoggedModel[];
}

/** Throws RUN_NOT_FOUND, and ARGUMENT_INVALID for an experiment that is not there. */
export async function chooseRuns(source: RunSource, choice: RunChoice): Promise<readonly ChosenRuns[]> {
  const all = await source.experiments();
  const experiments = choice.experiment === undefined
    ? all
    : all.filter(({ name }) => name === choice.experiment);
  if (experiments.length === 0 && choice.experiment !== undefined) {
    refuse({
      code: "ARGUMENT_INVALID",
      message:
        `Cannot move runs of experiment \`${showValue(choice.experiment)}\` as \`${source.uri}\` has none ` +
        "of that name",
      hint: suggest(choice.experiment, "Experiments", all.map(({ name }) => name)),
    });
  }
  const found = await Promise.all(
    experiments.map(async (experiment) => ({ experiment, runs: await source.runs(experiment) })),
  );
  const ids = choice.runs.map((given) => findId(given, found.flatMap(({ runs }) => runs), source.uri));
  const chosen: ChosenRuns[] = [];
  for (const { experiment, runs } of found) {
    const models = await source.loggedModels(experiment);
    checkIds([...runs, ...models].map(({ id }) => id), source.uri);
    if (ids.length === 0) {
      chosen.push({ experiment, runs, models });
      continue;
    }
    const some = runs.some(({ id }) => ids.includes(id)) ? await withNested(source, runs, ids) : [];
    if (some.length === 0) continue;
    const linked = new Set(
      some.flatMap((run) => [...run.modelInputs, ...run.modelOutputs].map(({ modelId }) => modelId)),
    );
    const runIds = new Set(some.map(({ info }) => info.id));
    chosen.push({
      experiment,
      runs: some.map(({ info }) => info),
      models: models.filter(({ id, sourceRunId }) => linked.has(id) || runIds.has(sourceRunId ?? "")),
    });
  }
  return chosen;
}

/** They become names of folders. Throws RUNS_UNREADABLE for one that MLflow would not have given. */
export function checkIds(ids: readonly string[], uri: string): void {
  const wrong = ids.find((id) => !/^[a-zA-Z0-9][\w-]{0,255}$/.test(id));
  if (wrong === undefined) return;
  refuse({
    code: "RUNS_UNREADABLE",
    message: `Cannot take what \`${uri}\` calls \`${
      showValue(wrong)
    }\` as it is no id of a run, model or version`,
    hint: "MLflow's ids have letters, digits, `_` and `-`",
  });
}

function findId(given: string, runs: readonly RunInfo[], uri: string): string {
  const found = /^[0-9a-f]{4,32}$/.test(given) ? runs.filter(({ id }) => id.startsWith(given)) : [];
  if (found.length === 1) return found[0]!.id;
  return refuse({
    code: "RUN_NOT_FOUND",
    message: found.length === 0
      ? `Cannot find run \`${showValue(given)}\` as \`${uri}\` has none whose id begins so`
      : `Cannot choose among the ${found.length} runs whose id begins with \`${given}\``,
    hint: found.length === 0
      ? "`sluice runs list` shows them; an id is 32 hexadecimal digits, or at least the first 4 of them"
      : `Give more of it: ${found.slice(0, 6).map(({ id }) => `\`${id}\``).join(", ")}`,
  });
}

/** The runs of these ids and, however deep, those below them, in the order given. */
async function withNested(
  source: RunSource,
  infos: readonly RunInfo[],
  ids: readonly string[],
): Promise<readonly Run[]> {
  const runs: Run[] = [];
  for (const info of infos) {
    const { points: _, ...run } = await source.read(info);
    runs.push(run);
  }
  const below = Map.groupBy(runs, (run) => tagOf(run, "mlflow.parentRunId"));
  const wanted = new Set(ids);
  for (const id of wanted) for (const { info } of below.get(id) ?? []) wanted.add(info.id);
  return runs.filter(({ info }) => wanted.has(info.id));
}
