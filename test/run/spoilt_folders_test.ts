import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { realTest } from "../real_part.ts";
import {
  configFile,
  finish,
  pipelineFile,
  readRuns,
  runPipeline,
  sluiceProgram,
  startDeno,
  workingFolder,
} from "./run_project.ts";

for (
  const [spoilt, code] of [[".sluice", 2], [".sluice/owners", 2], [".sluice/steps", 1], [
    "mlruns",
    1,
  ]] as const
) {
  Deno.test(`a file in the place of the folder ${spoilt} ends a run with exit code ${code}, its status recorded`, async () => {
    await using folder = await workingFolder();
    const path = join(folder.path, spoilt);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, "");
    const run = await runPipeline(["preprocess"], folder.path);
    assert.equal(run.code, code, run.stderr);
    assert.match(run.stderr, /error\[FOLDER_NOT_WRITABLE\]: Cannot make the folder/);
    assert.ok(readRuns(folder.path).every(({ status }) => status === "FAILED"));
  });
}

for (const flags of [["--help"], ["--dry-run"], ["--dry-run", "--json"], ["preprocess", "--json"]]) {
  Deno.test(`${flags.join(" ")} to a full disk ends with exit code 1, and a run goes on to its end`, async () => {
    await using folder = await workingFolder();
    const args = ["run", "-A", "--config", configFile, pipelineFile, ...flags];
    const { code, stderr } = await new Deno.Command("bash", {
      args: ["-c", 'exec "$0" "$@" >/dev/full', Deno.execPath(), ...args],
      cwd: folder.path,
      env: { MLFLOW_TRACKING_URI: "" },
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.equal(code, 1, said);
    assert.match(said, /error\[TEXT_NOT_WRITTEN\].*No space left/);
    if (flags[0] === "preprocess") {
      assert.ok(readRuns(folder.path).every(({ status }) => status === "FINISHED"));
    }
  });
}

Deno.test("a run goes on without a cache that cannot be written, with a warning, and no step is lost", async () => {
  await using folder = await workingFolder();
  const project = join(folder.path, "project");
  await writeCachedProject(project);
  await Deno.mkdir(join(folder.cache, "sluice"));
  await Deno.writeTextFile(join(folder.cache, "sluice/store"), "");
  for (let round = 0; round < 2; round++) {
    const run = await finish(startDeno(["pipeline.ts", "--no-color"], project));
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stderr, /warning: The key of step "slow" is not recorded as the cache refuses: /);
    assert.match(run.stderr, /warning: The result of step "slow" is not kept as the cache refuses: /);
  }
  assert.deepEqual(readRuns(project).map(({ status }) => status), Array(6).fill("FINISHED"));
});

realTest(
  ["bubblewrap"],
  "a run goes on when the cache's disk is full, and keeps again when it is not",
  async () => {
    await using folder = await workingFolder();
    await writeCachedProject(folder.path);
    const variables = { XDG_CACHE_HOME: folder.cache, DENO_DIR: denoFolder() };
    const run = async (kilobytes: number, sizeBytes: number) => {
      const held = ["--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--size", `${sizeBytes}`];
      const { code, stderr } = await new Deno.Command("bwrap", {
        args: [
          ...[...held, "--tmpfs", folder.cache, Deno.execPath(), "run", "-A", "--config", configFile],
          ...["pipeline.ts", "--sandbox=off", "--kilobytes", `${kilobytes}`],
        ],
        cwd: folder.path,
        env: variables,
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stderr);
    };
    assert.match(await run(3000, 1 << 20), /warning: The result of step "slow" is not kept .*No space left/);
    assert.doesNotMatch(await run(3000, 64 << 20), /warning/);
    assert.ok(readRuns(folder.path).every(({ status }) => status === "FINISHED"));
  },
);

realTest(
  ["bubblewrap"],
  "sluice lock refuses a project that cannot be written, and leaves its lock",
  async () => {
    await using folder = await workingFolder();
    await writeCachedProject(folder.path);
    const lock = async (...held: string[]) => {
      const { code, stderr } = await new Deno.Command("bwrap", {
        args: [
          ...["--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", ...held],
          ...[Deno.execPath(), "run", "-A", "--config", configFile, sluiceProgram, "lock", "--no-color"],
        ],
        cwd: folder.path,
        env: { XDG_CACHE_HOME: folder.cache, DENO_DIR: denoFolder() },
      }).output();
      return { code, said: new TextDecoder().decode(stderr) };
    };
    const file = join(folder.path, "sluice.lock");
    assert.equal((await lock()).code, 0);
    const before = await Deno.readTextFile(file);
    await Deno.writeTextFile(join(folder.path, "pipeline.ts"), "// Another.\n", { append: true });
    const { code, said } = await lock("--ro-bind", folder.path, folder.path);
    assert.equal(code, 2, said);
    assert.match(said, /error\[FOLDER_NOT_WRITABLE\]: Cannot write `.*sluice\.lock`/);
    assert.equal(await Deno.readTextFile(file), before);
  },
);

realTest(
  ["bubblewrap"],
  "a kept result that does not fit on the disk fails its step, and no run is left open",
  async () => {
    await using folder = await workingFolder();
    const [first, second] = ["first", "second"].map((name) => join(folder.path, name));
    for (const project of [first!, second!]) await writeCachedProject(project);
    const args = ["pipeline.ts", "--sandbox=off", "--kilobytes", "5000"];
    assert.equal((await finish(startDeno(args, first!))).code, 0);
    // Its artifacts on a file system of their own, too small for what is kept.
    await Deno.mkdir(join(second!, "mlruns"));
    const { code, stderr } = await new Deno.Command("bwrap", {
      args: [
        ...["--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--size", `${1 << 20}`],
        ...[
          "--tmpfs",
          join(second!, "mlruns"),
          Deno.execPath(),
          "run",
          "-A",
          "--config",
          configFile,
          ...args,
        ],
      ],
      cwd: second!,
      env: { XDG_CACHE_HOME: folder.cache, DENO_DIR: denoFolder() },
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.equal(code, 1, said);
    assert.match(said, /error\[DISK_FULL\]: Cannot finish step "slow" as a disk is full/);
    assert.ok(readRuns(second!).every(({ status }) => status === "FAILED"));
  },
);

/** Two steps, of which the first takes its time. */
async function writeCachedProject(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(
    join(folder, "pipeline.ts"),
    `import { deno, file, int, main, pipeline, sh, step } from "sluice";
const slow = step("slow", {
  env: deno(),
  params: { kilobytes: int().default(1) },
  outputs: { made: file() },
  command: ({ outputs, params }) =>
    sh\`sh -c \${'sleep 0.3; head -c "\${1}000" /dev/zero > "$0"'} \${outputs.made} \${params.kilobytes}\`,
});
const next = step("next", {
  env: deno(),
  inputs: { made: file() },
  outputs: { copy: file() },
  command: ({ inputs, outputs }) => sh\`cp \${inputs.made} \${outputs.copy}\`,
});
const line = pipeline("line", { params: slow.params }, (params) => {
  const made = slow(params);
  return { slow: made, next: next({ made: made.made }) };
});
export default line;
if (import.meta.main) await main(line);
`,
  );
}

const denoFolder = (): string =>
  Deno.env.get("DENO_DIR") ??
    join(Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/", ".cache"), "deno");
