/** A first run of very many short steps, beside xargs running the same processes, tracking and keeping nothing. */
import { join } from "node:path";
import { type Layers, type Script, writeLayeredProject } from "../layered_project.ts";
import { measure, measureInTurn, type Measurement } from "../measure.ts";
import { findPeer } from "../peers.ts";
import { type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

/** Steps that do next to nothing: what is measured is what is around them. */
const short: Layers = { layers: 10, width: 100 };
/** Steps of 200 ms, so many that the start and the end of the program are a small part. */
const slow: Layers = { layers: 10, width: 40 };
const limits = { off: 2, on: 1.5, slow: 1.03 } as const;

/** The machine's own places that a step is shown, on Debian; those that are not there are left out. */
const machinePlaces = [
  "alternatives",
  "ca-certificates",
  "fonts",
  "ld.so.cache",
  "mime.types",
  "nsswitch.conf",
]
  .concat(["protocols", "services", "ssl/certs", "ssl/openssl.cnf", "timezone"]).map((name) => `/etc/${name}`)
  .concat("/opt", "/usr");

/** What a step is shown, typed by hand: its project to be read, what it makes to be written; no filter of system calls. */
const byHand = (project: string): string[] => [
  ...["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL", "--new-session"],
  ...["--die-with-parent", "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"],
  ...["bin", "lib", "lib64", "sbin"].flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]),
  ...["in", "merge.sh"].map((name) => join(project, name)).flatMap((path) => ["--ro-bind", path, path]),
  ...["--bind", join(project, "out"), join(project, "out")],
  ...machinePlaces.flatMap((path) => ["--ro-bind-try", path, path]),
  ...["--remount-ro", "/proc", "--remount-ro", "/", "--chdir", project, "--"],
];

/**
 * Two at a time. Every run has a project, a tracker and a cache of its own, which are empty before it. They stay until the
 * end: on a file system without a journal it takes long to make files where many were just removed.
 */
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
    return await measure({
      argv: [deno, "run", "-A", main, "run", "--quiet", "--jobs", "2", "--sandbox", sandbox],
      folder: project,
      variables: { ...variables, XDG_CACHE_HOME: await folder() },
    });
  };
  const xargs = (size: Layers, script: Script, prefix: (project: string) => string[]) => async () => {
    const project = await projectOf(size, script);
    const args = ["-P2", "-L1", "-a", "arguments.txt", ...prefix(project), "sh", script];
    return await measure({ argv: ["xargs", ...args], folder: project, variables });
  };
  const snakemake = await findPeer("snakemake");
  const doit = await findPeer("doit");
  const peer = (argv: readonly [string, ...string[]]) => async () => {
    const project = await projectOf(short, "merge.sh");
    return await measure({ argv, folder: project, variables });
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

const stepsOf = ({ layers, width }: Layers): number => layers * width;
