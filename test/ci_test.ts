/** The workflows of `sluice init --ci`: those of examples/ci, read as the services read them, their scripts run by bash. */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { ciFile, ciPath, ciServices } from "../src/cli/ci_files.ts";
import { findSluiceSource, projectFiles } from "../src/cli/project_files.ts";
import { realTest } from "./real_part.ts";
import { workingFolder } from "./run/run_project.ts";
import { root } from "./walk.ts";

const example = `${root}examples/ci`;

for (const service of ciServices) {
  Deno.test(`examples/ci holds what init --ci ${service} writes`, async () => {
    assert.equal(await Deno.readTextFile(join(example, ciPath(service))), ciFile(service, ""));
  });
}

interface Workflow {
  readonly permissions: unknown;
  readonly defaults?: unknown;
  readonly jobs: Readonly<
    Record<string, {
      readonly steps: readonly {
        readonly uses?: string;
        readonly run?: string;
        readonly if?: string;
        readonly with?: Readonly<Record<string, string>>;
      }[];
    }>
  >;
}
interface GitlabJob {
  readonly variables: Readonly<Record<string, string>>;
  readonly before_script: readonly string[];
  readonly script: readonly string[];
  readonly after_script: readonly string[];
  readonly cache: { readonly key: { readonly files: readonly string[] }; readonly paths: readonly string[] };
  readonly artifacts: { readonly paths: readonly string[]; readonly reports: { readonly junit: string } };
}
const readWorkflow = (folder = ""): Workflow => parse(ciFile("github", folder));
const readJob = (folder = ""): GitlabJob => parse(ciFile("gitlab", folder)).sluice;

Deno.test("the workflow for GitHub may read the repository and no more, and pins what it uses", () => {
  const workflow = readWorkflow();
  assert.deepEqual(workflow.permissions, { contents: "read" });
  const { steps } = workflow.jobs["run"]!;
  const uses = steps.flatMap((step) => step.uses ?? []);
  assert.deepEqual(uses.map((name) => name.split("@")[0]), [
    "actions/checkout",
    "actions/setup-python",
    "actions/cache/restore",
    "actions/cache/save",
    "actions/upload-artifact",
    "actions/upload-artifact",
  ]);
  for (const name of uses) assert.match(name, /@v\d+\.\d+\.\d+$/);
  const [restore, save] = steps.filter((step) => step.uses?.startsWith("actions/cache"));
  assert.equal(restore!.with!["key"], save!.with!["key"]);
  assert.equal(restore!.with!["path"], save!.with!["path"]);
  for (const prefix of restore!.with!["restore-keys"]!.trim().split("\n")) {
    assert.ok(restore!.with!["key"]!.startsWith(prefix), prefix);
  }
  const isAfterRun = steps.slice(steps.findIndex(({ run }) => run?.includes("--locked")) + 1);
  assert.deepEqual(isAfterRun.map((step) => step.if), isAfterRun.map(() => "always()"));
});

Deno.test("a pipeline below the root of its repository has its paths from there", () => {
  const text = ciFile("github", "models/wine");
  assert.deepEqual(readWorkflow("models/wine").defaults, { run: { "working-directory": "models/wine" } });
  assert.match(text, /hashFiles\('models\/wine\/sluice\.lock'\)/);
  assert.match(text, /^ +models\/wine\/mlflow\.db$/m);
  const job = readJob("models/wine");
  assert.deepEqual(job.cache.key.files, ["models/wine/sluice.lock"]);
  assert.equal(job.artifacts.reports.junit, "models/wine/.sluice/junit.xml");
  assert.ok(job.before_script.includes('cd "$CI_PROJECT_DIR/models/wine"'));
});

/** A copy of the example with the deno.json of a new project, and programs of CI in front of the PATH. */
async function openCi() {
  const folder = await workingFolder();
  const project = join(folder.path, "project");
  await cp(example, project, { recursive: true });
  await Deno.writeTextFile(
    join(project, "deno.json"),
    projectFiles("words", findSluiceSource()).get("deno.json")!,
  );
  const programs = join(folder.path, "programs");
  await Deno.mkdir(programs);
  const write = (name: string, text: string) =>
    Deno.writeTextFile(join(programs, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  // The Deno that runs this is the one that npm would bring, or the test fails.
  await write(
    "npx",
    `[ "$1 $2" = "-y deno@${Deno.version.deno}" ] || { echo "no $2" >&2; exit 127; }; shift 2; exec '${Deno.execPath()}' "$@"`,
  );
  // Whatever would change this machine is refused, as it is on a runner without the right to.
  for (const name of ["sudo", "apt-get"]) {
    await write(name, `echo "${name} $*" >> '${folder.path}/refused'; exit 1`);
  }
  const stepSummary = join(folder.path, "step_summary");
  await Deno.writeTextFile(stepSummary, "");
  const kept = Object.entries(Deno.env.toObject()).filter(([name]) =>
    !/^(MLFLOW|SLUICE|GITHUB|CI_)/.test(name)
  );
  const caches = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "", ".cache");
  const variables = {
    ...Object.fromEntries(kept),
    PATH: `${programs}:${Deno.env.get("PATH")}`,
    CI: "true",
    NO_COLOR: "1",
    DENO_DIR: Deno.env.get("DENO_DIR") ?? join(caches, "deno"),
    XDG_CACHE_HOME: join(folder.path, "cache"),
    GITHUB_STEP_SUMMARY: stepSummary,
    CI_PROJECT_DIR: project,
  };
  return { folder, project, stepSummary, variables };
}

async function bash(
  script: string,
  folder: string,
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["--noprofile", "--norc", "-eo", "pipefail", "-c", script],
    cwd: folder,
    env: { ...variables },
    clearEnv: true,
    stdin: "null",
  }).output();
  const [said, warned] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, `${script}\n${said}${warned}`);
  return `${said}${warned}`;
}

realTest(
  ["bash", "python"],
  "the scripts of the workflow for GitHub run, and the second time from the cache",
  async () => {
    const { folder, project, stepSummary, variables } = await openCi();
    await using _ = folder;
    const scripts = readWorkflow().jobs["run"]!.steps.flatMap((step) => step.run ?? []);
    assert.equal(scripts.length, 4);
    for (const script of scripts) await bash(script, project, variables);
    assert.match(
      await Deno.readTextFile(stepSummary),
      /^## ✅ `words` `main` finished[^]*`count` \| ✅ finished/m,
    );
    assert.match(
      await Deno.readTextFile(join(project, ".sluice/junit.xml")),
      /<testsuite name="words\/main" tests="2" failures="0"/,
    );
    assert.ok((await Deno.stat(join(project, "mlflow.db"))).isFile);
    await Deno.writeTextFile(stepSummary, "");
    for (const script of scripts) await bash(script, project, variables);
    assert.match(await Deno.readTextFile(stepSummary), /`count` \| ✅ cached[^]*`rank` \| ✅ cached/);
  },
);

realTest(["bash", "python"], "the scripts of the job for GitLab run, and leave what it keeps", async () => {
  const { folder, project, variables } = await openCi();
  await using _ = folder;
  const job = readJob();
  const all = {
    ...variables,
    XDG_CACHE_HOME: job.variables["XDG_CACHE_HOME"]!.replace("$CI_PROJECT_DIR", project),
  };
  await bash([...job.before_script, ...job.script].join("\n"), project, all);
  await bash(job.after_script.join("\n"), project, all);
  for (const path of [...job.artifacts.paths, job.artifacts.reports.junit, ".cache/sluice"]) {
    assert.ok(await Deno.stat(join(project, path)).then(() => true, () => false), path);
  }
  assert.match(
    await Deno.readTextFile(join(project, ".sluice/summary.md")),
    /^## ✅ `words` `main` finished/,
  );
});

Deno.test("a script of a workflow changes this machine only where it has to, and goes on where it may not", async () => {
  const { folder, project, variables } = await openCi();
  await using _ = folder;
  const script = readWorkflow().jobs["run"]!.steps.find(({ run }) => run?.includes("sysctl"))!.run!;
  const restriction = join(folder.path, "restriction");
  const there = script.replace(/\/proc\/sys\S+/, restriction);
  const refused = () => Deno.readTextFile(join(folder.path, "refused")).catch(() => "");
  await bash(there, project, variables);
  await Deno.writeTextFile(restriction, "0\n");
  await bash(there, project, variables);
  assert.equal(await refused(), "");
  await Deno.writeTextFile(restriction, "1\n");
  await bash(there, project, variables);
  assert.equal(await refused(), "sudo -n sysctl -q -w kernel.apparmor_restrict_unprivileged_userns=0\n");
});
