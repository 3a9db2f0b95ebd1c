/** A first run of very many short steps, beside xargs running the same processes, tracking and keeping nothing. */
import { join } from "node:path";
import { type Layers, type Script, writeLayeredProject } from "../layered_project.ts";
import { measure, measureInTurn, type Measurement } from "../measure.ts";
import { findPeer } from "../peers.ts";
import { type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

/** Steps that do next to nothing: what is measured is what is around them. */
const short: Layers = { layers: 10, width: 100 };
/** Steps of 200 ms. */
const slow: Layers = { layers: 10, width: 10 };
const limits = { off: 2, on: 1.5, slow: 1.03 } as const;

/** What a careful user would type; sluice's own has fewer things in it, and a filter of system calls. */
const byHand = (project: string): string[] =>
  ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/", "/"]
    .concat(["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--bind", project, project]);

/** Two at a time. Every run has a project, a tracker and a cache of its own, which are empty before it. */
export async function measureManyProcesses(workplace: Workplace): Promise<Row[]> {
  const { root, deno, folder, variables, rounds } = workplace;
  const projectOf = async (size: Layers, script: Script) => {
    const project = await folder();
    await writeLayeredProject(project, size, script);
    return project;
  };
  const sluice = (size: Layers, script: Script, sandbox: "off" | "require") => async () => {
    const main = join(root, "src/cli/main.ts");
    const project = await projectOf(size, script);
    return await removed(
      project,
      measure({
        argv: [deno, "run", "-A", main, "run", "--quiet", "--cores", "2", "--sandbox", sandbox],
        folder: project,
        variables: { ...variables, XDG_CACHE_HOME: join(project, "cache") },
      }),
    );
  };
  const xargs = (size: Layers, script: Script, prefix: (project: string) => string[]) => async () => {
    const project = await projectOf(size, script);
    const args = ["-P2", "-L1", "-a", "arguments.txt", ...prefix(project), "sh", script];
    return await removed(project, measure({ argv: ["xargs", ...args], folder: project, variables }));
  };
  const snakemake = await findPeer("snakemake");
  const doit = await findPeer("doit");
  const peer = (argv: readonly [string, ...string[]]) => async () => {
    const project = await projectOf(short, "merge.sh");
    return await removed(project, measure({ argv, folder: project, variables }));
  };
  const few = Math.min(rounds, 5);
  const off = await measureInTurn({
    ours: sluice(short, "merge.sh", "off"),
    xargs: xargs(short, "merge.sh", () => []),
    doit: peer([doit, "-n2", "-v0"]),
  }, few);
  const on = await measureInTurn({
    ours: sluice(short, "merge.sh", "require"),
    xargs: xargs(short, "merge.sh", byHand),
  }, Math.min(few, 3));
  const slowly = await measureInTurn({
    ours: sluice(slow, "merge_slowly.sh", "off"),
    xargs: xargs(slow, "merge_slowly.sh", () => []),
  }, Math.min(few, 3));
  // It takes long, and varies by little.
  const { wallMs: snakemakeMs } = await peer([snakemake, "-j2", "--quiet", "all"])();
  const row = (work: string, { ours, xargs }: Pair, limit: number, digits: number, beside = ""): Row => ({
    work,
    must: `≤ ${limit}× \`xargs -P2\` of the same processes`,
    reached: `${seconds(ours.wallMs)} against ${seconds(xargs.wallMs)}: ${
      (ours.wallMs / xargs.wallMs).toFixed(digits)
    }×${beside}`,
    isReached: ours.wallMs <= limit * xargs.wallMs,
  });
  const first = `first run of ${stepsOf(short)} steps, 2 at a time`;
  const others = `; doit ${seconds(off.doit.wallMs)}, Snakemake ${seconds(snakemakeMs)}`;
  return [
    row(`${first}, sandbox off`, off, limits.off, 2, others),
    row(`${first}, in bubblewrap`, on, limits.on, 2),
    row(`first run of ${stepsOf(slow)} steps of 200 ms, 2 at a time, sandbox off`, slowly, limits.slow, 3),
  ];
}

interface Pair {
  readonly ours: Pick<Measurement, "wallMs">;
  readonly xargs: Pick<Measurement, "wallMs">;
}

async function removed(project: string, measuring: Promise<Measurement>): Promise<Measurement> {
  try {
    return await measuring;
  } finally {
    await Deno.remove(project, { recursive: true });
  }
}

const stepsOf = ({ layers, width }: Layers): number => layers * width;
