/** An environment of the iris pipeline: there already, and new, against uv itself with the same lock. */
import { join } from "node:path";
import { LockFile } from "../../src/environments/lock_file.ts";
import { fetchArguments } from "../../src/environments/uv.ts";
import { measure, measureInTurn, median } from "../measure.ts";
import { type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

const addedLimitMs = 5;
const newLimit = 1.15;

/**
 * uv's own download cache is warm on both sides, and its files lie on the same disk as what it makes. So is what either
 * side knows of the machine's interpreters, which uv keeps in that cache too.
 */
export async function measureEnvironments(workplace: Workplace): Promise<Row[]> {
  const { root, deno, folder, variables, rounds } = workplace;
  const [project, uvCache] = [await folder(), await folder()];
  const uv = await workplace.uv();
  const shared = { ...variables, UV_CACHE_DIR: uvCache, PATH: `${join(uv, "..")}:${variables["PATH"]}` };
  const argv = [deno, "run", "-A", join(root, "bench/prepare_environment.ts"), project] as const;
  const prepare = (cache: string) =>
    measure({ argv, folder: project, variables: { ...shared, XDG_CACHE_HOME: cache } });

  const first = await folder();
  await prepare(first);
  const added: number[] = [];
  for (let round = 0; round < rounds; round++) added.push(JSON.parse((await prepare(first)).stdout).tookMs);

  const requirements = join(project, "requirements.lock");
  const entry = Object.values(
    LockFile.parse(JSON.parse(await Deno.readTextFile(join(project, "sluice.lock")))).environments,
  )[0]!;
  const lines = Object.entries(entry.packages).map(([pinned, digests]) =>
    [pinned, ...digests.map((digest) => `--hash=${digest}`)].join(" ")
  );
  await Deno.writeTextFile(requirements, lines.join("\n"));
  const fetching = fetchArguments({ project, cache: first, variables: shared }).map((arg) => `'${arg}'`).join(
    " ",
  );
  const install = `"$0" venv -q --python ${entry.python} "$1" && ` +
    `"$0" pip install -q --python "$1/bin/python" --require-hashes -r "$2" ${fetching}`;
  const { sluice, peer } = await measureInTurn({
    sluice: async () => prepare(await cacheThatKnowsInterpreters(await folder(), first)),
    peer: async () =>
      measure({
        argv: ["sh", "-c", install, uv, join(await folder(), "env"), requirements],
        folder: project,
        variables: shared,
      }),
  }, Math.min(rounds, 5));
  const ratio = sluice.wallMs / peer.wallMs;
  return [
    {
      work: "an environment that is there",
      must: `≤ ${addedLimitMs} ms added`,
      reached: `${median(added).toFixed(1)} ms`,
      isReached: median(added) <= addedLimitMs,
    },
    {
      work: "a new environment from the lock",
      must: `≤ ${newLimit}× \`uv venv && uv pip install\``,
      reached: `${seconds(sluice.wallMs)} against ${seconds(peer.wallMs)}: ${ratio.toFixed(2)}×`,
      isReached: ratio <= newLimit,
    },
  ];
}

async function cacheThatKnowsInterpreters(cache: string, other: string): Promise<string> {
  const known = "sluice/interpreters.json";
  await Deno.mkdir(join(cache, "sluice"));
  await Deno.copyFile(join(other, known), join(cache, known));
  return cache;
}
