/** An MLflow project whose command is `true`, beside `mlflow run`: with local programs, a new environment, one that is there. */
import { dirname, join } from "node:path";
import { measure, type Measured, measureInTurn, type Measurement } from "../measure.ts";
import { findPeer } from "../peers.ts";
import { type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

type Manager = "local" | "uv" | "virtualenv";

/** Both have a `mlflow.db` from a run before; uv's own downloads are there for both. */
export async function measureMlflowProject(workplace: Workplace): Promise<Row[]> {
  const { rounds } = workplace;
  const few = Math.min(rounds, 3);
  const local = await inTurn(workplace, "local", rounds);
  const there = await inTurn(workplace, "uv", few);
  const made = await measureInTurn({
    sluice: await sluiceAnew(workplace),
    uv: await mlflowAnew(workplace, "uv"),
    virtualenv: await mlflowAnew(workplace, "virtualenv"),
  }, few);
  return [
    row(
      "`sluice run` of an MLflow project `true`, local programs",
      25,
      local.sluice,
      local.mlflow,
      "the same by `mlflow run`",
    ),
    row("the same, its environment there", 25, there.sluice, there.mlflow, "uv's by `mlflow run`"),
    row("the same, its environment made: scikit-learn", 3, made.sluice, made.uv, "uv's by `mlflow run`"),
    row(
      "the same, beside MLflow's virtualenv manager",
      10,
      made.sluice,
      made.virtualenv,
      "virtualenv's by `mlflow run`",
    ),
  ];
}

type Timed = { readonly wallMs: number };

function row(work: string, times: number, sluice: Timed, mlflow: Timed, peer: string): Row {
  const ratio = mlflow.wallMs / sluice.wallMs;
  return {
    work,
    must: `wall ≤ 1/${times} of ${peer}`,
    reached: `${seconds(sluice.wallMs)} against ${seconds(mlflow.wallMs)}: 1/${ratio.toFixed(1)}`,
    isReached: ratio >= times,
  };
}

/** Each has run once before. */
async function inTurn(workplace: Workplace, manager: Manager, rounds: number) {
  const [ours, theirs] = [await makeProject(workplace), await makeProject(workplace)];
  const programs = {
    sluice: async () => await measure(sluice(workplace, ours, manager)),
    mlflow: async () => await measure(await mlflow(workplace, theirs, manager)),
  };
  await programs.sluice();
  await programs.mlflow();
  return await measureInTurn(programs, rounds);
}

async function makeProject({ folder, variables }: Workplace): Promise<string> {
  const project = await folder();
  const version = await pyenvVersion(variables);
  await Deno.writeTextFile(
    join(project, "MLproject"),
    'name: least\npython_env: python_env.yaml\nentry_points:\n  main:\n    command: "true"\n',
  );
  await Deno.writeTextFile(
    join(project, "python_env.yaml"),
    `python: "${version}"\ndependencies: [scikit-learn]\n`,
  );
  return project;
}

/** A 3.11 that pyenv has: MLflow's virtualenv manager would build another one first. */
async function pyenvVersion({ PYENV_ROOT, HOME = "/" }: Readonly<Record<string, string>>): Promise<string> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(join(PYENV_ROOT ?? join(HOME, ".pyenv"), "versions"))) {
    names.push(name);
  }
  const found = names.filter((name) => /^3\.11\.\d+$/.test(name)).sort().at(-1);
  if (found === undefined) {
    throw new Error("pyenv has no Python 3.11, which MLflow's virtualenv manager takes");
  }
  return found;
}

function sluice(workplace: Workplace, folder: string, manager: Manager): Measured {
  const { root, deno, variables } = workplace;
  const argv = [
    deno,
    "run",
    "-A",
    join(root, "src/cli/main.ts"),
    "run",
    ".",
    "--env-manager",
    manager,
  ] as const;
  return { argv, folder, variables };
}

async function mlflow(
  { mlflowPrograms, variables }: Workplace,
  folder: string,
  manager: Manager,
): Promise<Measured> {
  const programs = await mlflowPrograms();
  const virtualenv = dirname(await findPeer("virtualenv"));
  const argv = [join(programs, "mlflow"), "run", ".", "--env-manager", manager] as const;
  return {
    argv,
    folder,
    variables: { ...variables, PATH: `${programs}:${virtualenv}:${variables["PATH"]}` },
  };
}

/** With a lock, and an empty store of environments each time. */
async function sluiceAnew(workplace: Workplace): Promise<() => Promise<Measurement>> {
  const project = await makeProject(workplace);
  const start = async () => {
    const { variables, ...rest } = sluice(workplace, project, "uv");
    return await measure({
      ...rest,
      variables: { ...variables, XDG_CACHE_HOME: await workplace.folder(), ...uvCache(variables) },
    });
  };
  await start();
  return start;
}

/** uv's downloads stay where they are. */
const uvCache = (variables: Readonly<Record<string, string>>): Record<string, string> => ({
  UV_CACHE_DIR: variables["UV_CACHE_DIR"] ??
    join(variables["XDG_CACHE_HOME"] ?? join(variables["HOME"] ?? "/", ".cache"), "uv"),
});

/** With an empty folder of environments each time. */
async function mlflowAnew(workplace: Workplace, manager: Manager): Promise<() => Promise<Measurement>> {
  const project = await makeProject(workplace);
  const start = async () => {
    const { variables, ...rest } = await mlflow(workplace, project, manager);
    return await measure({ ...rest, variables: { ...variables, MLFLOW_ENV_ROOT: await workplace.folder() } });
  };
  await start();
  return start;
}
