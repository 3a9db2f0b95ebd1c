/** A pipeline of very many steps of which none has to run, beside what others need to find that out. */
import { join } from "node:path";
import { type Layers, writeLayeredProject } from "../layered_project.ts";
import { measure, measureInTurn, type Measurement } from "../measure.ts";
import { findPeer } from "../peers.ts";
import { megabytes, type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

const many: Layers = { layers: 10, width: 100 };
/** For DVC, whose first run of many steps takes minutes: it writes down all of them after each. */
const few: Layers = { layers: 10, width: 20 };
const most: Layers = { layers: 10, width: 10_000 };
const limitMs = 200;
const limitMostMs = 6000;
/** Of the wall time of each. */
const limitShares = { snakemake: 1 / 7, dvc: 1 / 40 } as const;

/** Each tool's own project of the same 1,000 steps, which have all run. */
export async function measureUnchanged(workplace: Workplace): Promise<Row[]> {
  const { folder, variables, rounds } = workplace;
  const sluice = await sluiceProject(workplace, many);
  await sluice("run");
  const callOf = async (
    program: Parameters<typeof findPeer>[0],
    args: readonly string[],
    prepare: readonly string[][] = [],
    size = many,
  ) => {
    const project = await folder();
    await writeLayeredProject(project, size);
    const path = await findPeer(program);
    // A program that starts others finds those of its own environment first.
    const own = { ...variables, PATH: `${join(path, "..")}:${variables.PATH}` };
    const call = (args: readonly string[]) =>
      measure({ argv: [path, ...args], folder: project, variables: own });
    for (const each of [...prepare, args]) await call(each);
    return () => call(args);
  };
  const { ours, snakemake, doit, ninja } = await measureInTurn({
    ours: () => sluice("run"),
    snakemake: await callOf("snakemake", ["-j2", "--quiet", "all"]),
    doit: await callOf("doit", ["-n2", "-v0"]),
    ninja: await callOf("ninja", ["-j2", "--quiet"]),
  }, Math.min(rounds, 7));
  const dvcCall = await callOf("dvc", ["repro", "-q"], [["init", "-q", "--no-scm"]], few);
  const { dvc } = await measureInTurn({ dvc: dvcCall }, Math.min(rounds, 3));
  const dvcManyMs = dvc.wallMs * stepsOf(many) / stepsOf(few);
  const share = (peer: Pick<Measurement, "wallMs">) => `1/${(peer.wallMs / ours.wallMs).toFixed(1)}`;
  const work = `nothing changed in ${stepsOf(many)} steps`;
  return [
    {
      work: `${work}, tracked`,
      must: `≤ ${seconds(limitMs)}`,
      reached: `${seconds(ours.wallMs)}, ${megabytes(ours.peakBytes)}; doit ${seconds(doit.wallMs)}, ninja ${
        seconds(ninja.wallMs)
      }`,
      isReached: ours.wallMs <= limitMs,
    },
    {
      work: `${work}, beside Snakemake`,
      must: "≤ 1/7",
      reached: `against ${seconds(snakemake.wallMs)}: ${share(snakemake)}`,
      isReached: ours.wallMs <= limitShares.snakemake * snakemake.wallMs,
    },
    {
      work: `${work}, beside DVC`,
      must: "≤ 1/40 for each step",
      reached: `against ${seconds(dvc.wallMs)} for ${stepsOf(few)}: ${share({ wallMs: dvcManyMs })}`,
      isReached: ours.wallMs <= limitShares.dvc * dvcManyMs,
    },
  ];
}

/** As above, a hundred times as many. */
export async function measureUnchangedMost(workplace: Workplace): Promise<Row[]> {
  const sluice = await sluiceProject(workplace, most);
  await sluice("run");
  const { ours } = await measureInTurn({ ours: () => sluice("run") }, Math.min(workplace.rounds, 3));
  return [{
    work: `nothing changed in ${stepsOf(most)} steps, tracked`,
    must: `≤ ${seconds(limitMostMs)}`,
    reached: `${seconds(ours.wallMs)}, ${megabytes(ours.peakBytes)}`,
    isReached: ours.wallMs <= limitMostMs,
  }];
}

async function sluiceProject({ root, deno, folder, variables }: Workplace, size: Layers) {
  const project = await folder();
  await writeLayeredProject(project, size);
  const own = { ...variables, XDG_CACHE_HOME: await folder() };
  return (command: string) =>
    measure({
      argv: [deno, "run", "-A", join(root, "src/cli/main.ts"), command, "--quiet", "--sandbox", "off"],
      folder: project,
      variables: own,
    });
}

const stepsOf = ({ layers, width }: Layers): number => layers * width;
