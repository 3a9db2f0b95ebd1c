/** `sluice run` of MLflow projects beside what real MLflow made of them, as `record.ts` wrote it down. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { realTest } from "../real_part.ts";
import { configFile, memoryFolder, sluiceProgram } from "../run/run_project.ts";
import type { ProjectCase } from "./project_case.ts";
import { projectCases } from "./project_cases.ts";
import { type Answer, makeWorkplace, readAnswer, type RecordedRun } from "./project_workplace.ts";

const recorded: Readonly<Record<string, Answer>> = JSON.parse(
  await Deno.readTextFile(fileURLToPath(new URL("recorded.json", import.meta.url))),
);

async function callSluice(
  asked: ProjectCase,
): Promise<Answer & { readonly code: number; readonly stderr: string }> {
  const dir = memoryFolder === undefined ? {} : { dir: memoryFolder };
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-project-", ...dir }));
  try {
    const place = await makeWorkplace(folder, asked);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--config", configFile, sluiceProgram, "run", ...place.arguments],
      cwd: folder,
      clearEnv: true,
      env: {
        ...place.variables,
        DENO_DIR: Deno.env.get("DENO_DIR") ?? join(Deno.env.get("HOME") ?? "/", ".cache/deno"),
      },
      stdin: "null",
    }).output();
    return { ...await readAnswer(place, code === 0), code, stderr: new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a case says differs is left out of both. */
function comparable({ isSuccess, child, runs }: Answer, { differs }: ProjectCase): unknown {
  const isSame = (what: NonNullable<ProjectCase["differs"]>["in"][number]) => !differs?.in.includes(what);
  const { DENO_DIR: _, ...variables } = child?.variables ?? {};
  return {
    ...(isSame("success") ? { isSuccess } : {}),
    ...(isSame("child") ? { child: child && { ...child, variables } } : {}),
    ...(isSame("run") ? { runs: runs.map((run) => comparableRun(run, isSame)) } : {}),
  };
}

const comparableRun = (run: RecordedRun, isSame: (what: "params" | "status" | "tags") => boolean) => ({
  experiment: run.experiment,
  ...(isSame("status") ? { status: run.status } : {}),
  ...(isSame("params") ? { params: run.params } : {}),
  // Ours beside MLflow's.
  ...(isSame("tags")
    ? { tags: Object.fromEntries(Object.entries(run.tags).filter(([key]) => !key.startsWith("sluice."))) }
    : {}),
});

for (const asked of projectCases) {
  const needs = asked.git === undefined ? ["bash"] as const : ["bash", "git"] as const;
  realTest(needs, `sluice does as MLflow with ${asked.name}`, async () => {
    const answer = await callSluice(asked);
    const expected = recorded[asked.name];
    assert.ok(expected !== undefined, "record it by `deno run -A test/mlproject/record.ts`");
    assert.deepEqual(comparable(answer, asked), comparable(expected, asked), answer.stderr);
    if (answer.child === undefined && answer.code !== 0) assert.equal(answer.code, 2, answer.stderr);
    assert.doesNotMatch(answer.stderr, /This is a bug of sluice|\n {4}at /);
  });
}

Deno.test("each recorded case is one of the table", () => {
  assert.deepEqual(Object.keys(recorded), projectCases.map(({ name }) => name));
});
