/** A whole tracked run of a step that does nothing, against `mlflow run`. */
import { join } from "node:path";
import { measure, measureInTurn } from "../measure.ts";
import { megabytes, type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

/** Both have a `mlflow.db` from a run before. */
export async function measureRunTrue(workplace: Workplace): Promise<Row[]> {
  const programs = {
    sluice: await sluiceRun(workplace),
    open: await sluiceRun(workplace, "--sandbox=off"),
    mlflow: await mlflowRun(workplace),
  };
  for (const program of Object.values(programs)) await program();
  const { sluice, open, mlflow } = await measureInTurn(programs, workplace.rounds);
  return [
    wallRow("run one entry point `true`, tracked, in bubblewrap", sluice, mlflow),
    wallRow("the same with `--sandbox=off`, as MLflow has none", open, mlflow),
    {
      work: "its peak memory",
      must: "≤ 90 MB",
      reached: `${megabytes(sluice.peakBytes)} against ${megabytes(mlflow.peakBytes)}`,
      isReached: sluice.peakBytes <= 90e6,
    },
  ];
}

type Timed = { readonly wallMs: number };

function wallRow(work: string, sluice: Timed, mlflow: Timed): Row {
  const ratio = mlflow.wallMs / sluice.wallMs;
  return {
    work,
    must: "wall ≤ 1/25 of `mlflow run --env-manager local`",
    reached: `${Math.round(sluice.wallMs)} ms against ${seconds(mlflow.wallMs)}: 1/${ratio.toFixed(1)}`,
    isReached: ratio >= 25,
  };
}

async function sluiceRun({ root, deno, folder, variables }: Workplace, ...flags: readonly string[]) {
  const project = await folder();
  const argv = [deno, "run", "-A", join(root, "bench/pipelines/true.ts"), ...flags] as const;
  return () => measure({ argv, folder: project, variables });
}

async function mlflowRun({ folder, mlflowPrograms, variables }: Workplace) {
  const project = await folder();
  const programs = await mlflowPrograms();
  await Deno.writeTextFile(
    join(project, "MLproject"),
    'name: least\nentry_points:\n  main:\n    command: "true"\n',
  );
  const argv = [join(programs, "mlflow"), "run", ".", "--env-manager", "local"] as const;
  const path = `${programs}:${variables["PATH"]}`;
  return () => measure({ argv, folder: project, variables: { ...variables, PATH: path } });
}
