import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { fileURLToPath } from "../../src/core/file_url.ts";
import { pythonEnvironment } from "../real/python_environment.ts";
import { realTest } from "../real_part.ts";
import { runSluice, workingFolder } from "../run/run_project.ts";

const iris = fileURLToPath(new URL("../../pipelines/iris", import.meta.url));

/** A channel that holds what the specs could be about, and two that they could not. */
const channel = {
  "linux-64": [["python", "3.11.7"], ["python", "3.12.1"], ["pip", "24.0"]],
  noarch: [],
};

const solve = `
import asyncio, json, sys
import rattler

async def main():
    folder, specs = json.loads(sys.argv[1])
    platform = rattler.Platform("linux-64")
    solved = await rattler.solve(
        sources=[rattler.Channel("file://" + folder)],
        specs=[rattler.MatchSpec(spec, strict=True) for spec in specs],
        platforms=[platform, rattler.Platform("noarch")],
    )
    print(json.dumps(sorted([record.name.normalized, str(record.version)] for record in solved)))

asyncio.run(main())
`;

realTest(
  ["python", "uv", "network"],
  "conda's own solver takes what an exported conda.yaml asks for, and pip its requirements.txt with all hashes",
  async () => {
    await using root = await workingFolder();
    const exported = await runSluice(["export", iris, "-o", "project", "--json"], root.path);
    strictEqual(exported.code, 0, exported.stderr);
    const project = join(root.path, "project");
    const conda = parse(await Deno.readTextFile(join(project, "conda.yaml")));
    const [pip] = conda.dependencies.splice(-1);
    deepStrictEqual(pip, { pip: ["-r requirements.txt"] });
    const folder = join(root.path, "channel");
    for (const [subdir, names] of Object.entries(channel)) {
      const packages = Object.fromEntries(names.map(([name, version]) => [`${name}-${version}-0.tar.bz2`, {
        ...{ name, version, subdir, build: "0", build_number: 0, depends: [], size: 1 },
        ...{ sha256: "0".repeat(64), md5: "0".repeat(32) },
      }]));
      await Deno.mkdir(join(folder, subdir), { recursive: true });
      await Deno.writeTextFile(
        join(folder, subdir, "repodata.json"),
        JSON.stringify({ info: { subdir }, packages, "packages.conda": {}, repodata_version: 1 }),
      );
    }
    const python = await pythonEnvironment("rattler", ["py-rattler==0.28.0"]);
    const solved = await call(python, ["-c", solve, JSON.stringify([folder, conda.dependencies])], root.path);
    deepStrictEqual(JSON.parse(solved), [["pip", "24.0"], ["python", "3.11.7"]]);

    const install = ["install", "--dry-run", "--quiet", "--require-hashes", "--ignore-installed"];
    const into = ["--target", join(root.path, "target"), "--python-version", "3.11", "--only-binary=:all:"];
    await call("python3", ["-m", "pip", ...install, ...into, "-r", "requirements.txt"], project);
    const requirements = await Deno.readTextFile(join(project, "requirements.txt"));
    ok(requirements.includes("\n    --hash=sha256:"), "there are no hashes");
  },
);

async function call(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args], cwd }).output();
  ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
