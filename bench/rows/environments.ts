/** An environment of the iris pipeline: there already, and new, against uv itself with the same lock. */
import { join } from "node:path";
import { LockFile } from "../../src/environments/lock_file.ts";
import { fetchArguments } from "../../src/environments/uv.ts";
import { definitionOf } from "../../src/dsl/pipeline.ts";
import iris from "../../pipelines/iris/pipeline.ts";
import { measure, measureInTurn } from "../measure.ts";
import { type Row, seconds } from "../row.ts";
import type { Workplace } from "../workplace.ts";

const addedLimitMs = 5;
const newLimit = 1.15;

/**
 * uv's own download cache is warm on both sides, and its files lie on the same disk as what it makes. So is what either
 * side knows of the machine's interpreters, and that the files of that cache are those of the archives: uv looks at an
 * archive's digest once, when it fetches it, and we at each file's, the first time it is used.
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
  const added = await measureAdded(workplace, project, { ...shared, XDG_CACHE_HOME: first });

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
    sluice: async () => {
      const cache = await cacheThatKnows(await folder(), first);
      await settleDisk();
      return await prepare(cache);
    },
    peer: async () => {
      await settleDisk();
      return await measure({
        argv: ["sh", "-c", install, uv, join(await folder(), "env"), requirements],
        folder: project,
        variables: shared,
      });
    },
  }, Math.min(rounds, 7));
  const ratio = sluice.wallMs / peer.wallMs;
  return [
    {
      work: "an environment that is there",
      must: `≤ ${addedLimitMs} ms added`,
      reached: `${added.toFixed(1)} ms`,
      isReached: added <= addedLimitMs,
    },
    {
      work: "a new environment from the lock",
      must: `≤ ${newLimit}× \`uv venv && uv pip install\``,
      reached: `${seconds(sluice.wallMs)} against ${seconds(peer.wallMs)}: ${ratio.toFixed(2)}×`,
      isReached: ratio <= newLimit,
    },
  ];
}

/** Until the disk has taken the thousands of files that the round before made: they would be paid by this one. */
async function settleDisk(): Promise<void> {
  await new Deno.Command("sync").output();
  await new Promise((resolve) => setTimeout(resolve, 500));
}

/** What a whole run takes longer in the environment of the iris pipeline, which is there, than on the bare host. */
async function measureAdded(
  { root, deno, folder, rounds }: Workplace,
  project: string,
  variables: Readonly<Record<string, string>>,
): Promise<number> {
  const spec = definitionOf(iris).steps[0]!.definition.environment;
  if (spec.kind !== "python" || spec.requirements.from !== "list") {
    throw new Error("iris has another environment");
  }
  const options = JSON.stringify({ version: spec.version, requirements: spec.requirements.requirements });
  const working = await folder();
  const run = async (name: string, env: string) => {
    const path = join(project, `${name}.ts`);
    const text = (await Deno.readTextFile(join(root, "bench/pipelines/true.ts"))).replace("host()", env);
    await Deno.writeTextFile(path, text.replace("{ host,", "{ host, python,"));
    const argv = [deno, "run", "-A", "--config", join(root, "deno.json"), path] as const;
    return () => measure({ argv, folder: working, variables });
  };
  const programs = {
    host: await run("host", "host()"),
    python: await run("python", `python(${options}), cache: false`),
  };
  for (const program of Object.values(programs)) await program();
  const { host, python } = await measureInTurn(programs, rounds * 2);
  return python.wallMs - host.wallMs;
}

async function cacheThatKnows(cache: string, other: string): Promise<string> {
  const known = "sluice/interpreters.json";
  await Deno.mkdir(join(cache, "sluice"));
  await Deno.copyFile(join(other, known), join(cache, known));
  const verified = "sluice/verified";
  await Deno.mkdir(join(cache, verified));
  for await (const { name } of Deno.readDir(join(other, verified))) {
    await Deno.writeTextFile(join(cache, verified, name), "");
  }
  return cache;
}
