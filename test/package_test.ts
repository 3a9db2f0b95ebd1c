/** The packed tarball, and the installed program, in empty folders. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { realTest } from "./real_part.ts";
import { root } from "./walk.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function call(
  folder: string,
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const output = await new Deno.Command(program, { args, cwd: folder, env: { ...env, NO_COLOR: "1" } })
    .output();
  const text = new TextDecoder();
  return { code: output.code, stdout: text.decode(output.stdout), stderr: text.decode(output.stderr) };
}

async function succeed(...given: Parameters<typeof call>): Promise<Ended> {
  const ended = await call(...given);
  assert.equal(ended.code, 0, `${given[1].join(" ")}\n${ended.stdout}${ended.stderr}`);
  return ended;
}

async function inEmptyFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-package-" }));
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const stepTest = `import { runStep } from "@sluice/sluice/testing";
import { count } from "./pipeline.ts";
Deno.test("rows are counted", async () => {
  await using made = await runStep(count, { inputs: { points: "points.csv" } });
  if (made.metrics.rows !== 2) throw new Error(String(made.metrics.rows));
});
`;

const pack = ["pack", "--allow-dirty", "--no-source-maps"] as const;

const pipelineFile = `import { dataset, float, host, int, main, pipeline, sh, step } from "@sluice/sluice";

const Points = dataset({ x: float() });
const make = step("make", {
  env: host(),
  params: { last: int().min(1).default(3) },
  outputs: { points: Points },
  command: ({ params, outputs }) => sh\`sh make.sh \${params.last} \${outputs.points}\`,
});
export const count = step("count", {
  inputs: { points: Points },
  metrics: ["rows"],
  run: async ({ inputs }) => {
    const lines = (await Deno.readTextFile(inputs.points)).trimEnd().split("\\n");
    return { rows: lines.length - 1 };
  },
});
const whole = pipeline("whole", { params: { last: make.params.last } }, ({ last }) => {
  const made = make({ last });
  return { rows: count({ points: made.points }).rows };
});
export default whole;
if (import.meta.main) await main(whole);
`;

realTest(
  ["npm"],
  "the packed tarball runs commands and functions from an empty folder",
  () =>
    inEmptyFolder(async (folder) => {
      const tarball = join(folder, "sluice.tgz");
      await succeed(root, [Deno.execPath(), ...pack, "-o", tarball]);
      await Deno.writeTextFile(join(folder, "package.json"), "{}");
      await Deno.writeTextFile(join(folder, "pipeline.ts"), pipelineFile);
      await Deno.writeTextFile(join(folder, "make.sh"), '{ echo x; seq "$1"; } > "$2"\n');
      await succeed(folder, ["npm", "install", "--no-fund", "--no-audit", "--prefer-offline", tarball]);

      await succeed(folder, [Deno.execPath(), "check", "pipeline.ts"]);
      const run = await succeed(folder, [
        Deno.execPath(),
        "run",
        "-A",
        "pipeline.ts",
        "--last",
        "5",
        "--json",
      ]);
      const ended = run.stdout.trimEnd().split("\n").map((line) => JSON.parse(line)).at(-1);
      assert.equal(ended.is, "run-ended");
      assert.equal(ended.status, "finished");
      assert.deepEqual(ended.steps.map(({ metrics }: { metrics: unknown }) => metrics), [{}, { rows: 5 }]);

      await Deno.writeTextFile(join(folder, "pipeline_test.ts"), stepTest);
      await Deno.writeTextFile(join(folder, "points.csv"), "x\n1\n2\n");
      await succeed(folder, [Deno.execPath(), "test", "-A", "pipeline_test.ts"]);

      const program = ["run", "-A", "node_modules/@sluice/sluice/src/cli/main.js"] as const;
      const plan = await succeed(folder, [Deno.execPath(), ...program, "plan", "pipeline.ts", "--json"]);
      assert.equal(JSON.parse(plan.stdout).pipeline, "whole");
    }),
);

Deno.test("the tarball holds modules with their types, and no tests", () =>
  inEmptyFolder(async (folder) => {
    const { stdout, stderr } = await succeed(root, [Deno.execPath(), ...pack, "--dry-run"]);
    const files = `${stdout}${stderr}`.split("\n").filter((line) => /^ {2}\S+$/.test(line)).map((line) =>
      line.trim()
    );
    assert.ok(files.includes("testing.d.ts") && files.includes("testing.js"), files.join("\n"));
    assert.ok(files.includes("mod.d.ts") && files.includes("src/cli/main.js"), files.join("\n"));
    assert.ok(files.includes("src/dsl/function_child.js"), files.join("\n"));
    // A module that no exported one reaches would be kept as TypeScript, which Deno does not run in node_modules.
    assert.deepEqual(files.filter((file) => /test(?!ing\.)|\.ts$/.test(file) && !file.endsWith(".d.ts")), []);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("deno install gives the program `sluice`", () =>
  inEmptyFolder(async (folder) => {
    const install = [
      "install",
      "--global",
      "--allow-all",
      `--config=${root}deno.json`,
      "--name=sluice",
    ] as const;
    await succeed(folder, [Deno.execPath(), ...install, `--root=${folder}`, `${root}src/cli/main.ts`]);
    // The installed program is a script that calls `deno`, so the one that runs this must be found first.
    const path = `${join(Deno.execPath(), "..")}:${Deno.env.get("PATH")}`;
    const { stdout } = await succeed(folder, [join(folder, "bin", "sluice"), "--help"], { PATH: path });
    assert.match(stdout, /^\s+sluice run /m);
  }));
