/** A whole tracked run of a step that does nothing, against `mlflow run`. */
import { join } from "node:path";
import { measure, measureInTurn } from "../measure.ts";
import { megabytes, type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

/** Both have a `mlflow.db` from a run before. */
export async function measureRunTrue(workplace: Workplace): Promise<Row[]> {
  const programs = { sluice: await sluiceRun(workplace), mlflow: await mlflowRun(workplace) };
  for (const program of Object.values(programs)) await program();
  const { sluice, mlflow } = await measureInTurn(programs, workplace.rounds);
  const ratio = mlflow.wallMs / sluice.wallMs;
  return [
    {
      work: "run one entry point `true`, tracked",
      must: "wall ≤ 1/25 of `mlflow run --env-manager local`",
      reached: `${seconds(sluice.wallMs)} against ${seconds(mlflow.wallMs)}: 1/${ratio.toFixed(1)}`,
      isReached: ratio >= 25,
    },
    {
      work: "its peak memory",
      must: "≤ 90 MB",
      reached: `${megabytes(sluice.peakBytes)} against ${megabytes(mlflow.peakBytes)}`,
      isReached: sluice.peakBytes <= 90e6,
    },
  ];
}

async function sluiceRun({ root, deno, folder, variables }: Workplace) {
  const project = await folder();
  const argv = [deno, "run", "-A", join(root, "bench/pipelines/true.ts")] as const;
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
