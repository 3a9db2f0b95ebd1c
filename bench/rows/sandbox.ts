/** The process of a step through the sandbox, against bubblewrap run by hand and against the bare process. */
import { join } from "node:path";
import type { Confined, SandboxPolicy } from "../../src/core/ports/sandbox.ts";
import { startChild } from "../../src/engines/start_child.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { median } from "../measure.ts";
import type { Row } from "../row.ts";
import type { Workplace } from "../workplace.ts";

const limit = 1.3;
const sourceCount = 20;
/** A process takes a millisecond: enough of them for the median to be steady. */
const roundsEach = 20;

/** Of a step with a few sources, an input and an output folder, whose program does nothing. */
export async function measureSandbox({ root, deno, folder, rounds }: Workplace): Promise<Row[]> {
  const policy = await policyIn(await folder());
  const program = { is: "command", argv: ["true"] } as const;
  const open = (tier: "bubblewrap" | "landlock", cache: string) =>
    openSandbox({
      mode: "auto",
      deno,
      child: new URL("src/dsl/function_child.ts", `file://${root}`).href,
      cache,
      findBubblewrap: () => Promise.resolve(bubblewrap),
      tiers: [tier],
    });
  const cache = await folder();
  const through = (tier: "bubblewrap" | "landlock") => {
    const sandbox = open(tier, cache);
    const step = { body: "command", net: false, needsFull: false } as const;
    return async () => await sandbox.confine(program, policy, await sandbox.hold(step));
  };
  const bubblewrap = await findBubblewrap();
  const [ours, landlock] = [through("bubblewrap"), through("landlock")];
  const byHand = { argv: handArguments((await ours()).argv), files: [] };
  const bare = (await Deno.realPath("/bin/true")) as string;
  const times = await inTurn({
    ours: async () => await start(await ours(), policy),
    byHand: () => start(byHand, policy),
    landlock: async () => await start(await landlock(), policy),
    bare: () => start({ argv: [bare], files: [] }, policy),
  }, roundsEach * rounds);
  const ratio = times.ours / times.byHand;
  const bareText = `bare ${milliseconds(times.bare)}`;
  return [
    {
      work: "a step's process in bubblewrap, its arguments made",
      must: `≤ ${limit}× bubblewrap by hand with the same mounts and no filter`,
      reached: `${milliseconds(times.ours)} against ${milliseconds(times.byHand)}: ${
        ratio.toFixed(2)
      }×; ${bareText}`,
      isReached: ratio <= limit,
    },
    {
      work: "the same under Landlock",
      must: "–",
      reached: `${milliseconds(times.landlock)}; ${bareText}`,
      isReached: true,
    },
  ];
}

async function findBubblewrap(): Promise<string> {
  const { findBubblewrap } = await import("../../src/environments/bubblewrap.ts");
  const { cacheFolder } = await import("../../src/core/cache_folder.ts");
  const variables = Deno.env.toObject();
  const found = await findBubblewrap(cacheFolder(variables), variables);
  if (found === undefined) throw new Error("there is no bubblewrap to be had");
  return found;
}

async function policyIn(project: string): Promise<SandboxPolicy> {
  const [outputs, temporary, input] = ["outputs", "temporary", "input"].map((name) =>
    join(project, name)
  ) as [
    string,
    string,
    string,
  ];
  for (const path of [outputs, temporary, input]) await Deno.mkdir(path);
  const code = Array.from({ length: sourceCount }, (_, index) => join(project, `source_${index}.py`));
  for (const path of code) await Deno.writeTextFile(path, "");
  return {
    folder: project,
    code,
    read: [input],
    write: [outputs],
    temporary,
    net: false,
    gpu: false,
    variables: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: temporary, TMPDIR: temporary },
    run: [],
    servers: [],
  };
}

/** Less what it is given by descriptor: what somebody would type. */
function handArguments(own: readonly string[]): [string, ...string[]] {
  const given = own.flatMap((word, index) =>
    word === "--file" ? [index, index + 1, index + 2] : word === "--seccomp" ? [index, index + 1] : []
  );
  const [program = "bwrap", ...rest] = own.filter((_, index) => !given.includes(index));
  return [program, ...rest];
}

/** As a step's process is started. */
async function start(
  { argv, files }: Pick<Confined, "argv" | "files">,
  policy: SandboxPolicy,
): Promise<void> {
  const [program, ...args] = argv;
  const child = startChild({ program, args, files, folder: policy.folder, variables: policy.variables });
  let said = "";
  const decoder = new TextDecoder();
  const reading = [
    child.read("stdout", () => {}),
    child.read("stderr", (piece) => void (said += decoder.decode(piece, { stream: true }))),
  ];
  const { code } = await child.status;
  await Promise.all(reading.map(({ ended }) => ended));
  if (code !== 0) throw new Error(said);
}

const milliseconds = (ms: number): string => `${ms.toFixed(1)} ms`;

/** Medians in milliseconds; each in turn, so that what else the machine does meets all of them alike. */
async function inTurn<Name extends string>(
  works: Readonly<Record<Name, () => Promise<void>>>,
  rounds: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(works) as Name[];
  const times = new Map(names.map((name) => [name, [] as number[]]));
  for (const name of names) await works[name]();
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const startedAt = performance.now();
      await works[name]();
      times.get(name)!.push(performance.now() - startedAt);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name)!)])) as Record<Name, number>;
}
