/** Readers of MLflow projects. */
import assert from "node:assert/strict";
import { findProjectSource } from "../../../src/compose/project_source.ts";
import { EnvironmentSpec } from "../../../src/core/environment.ts";
import { condaAsPypi } from "../../../src/mlproject/conda_as_pypi.ts";
import { fillCommand, holesOf } from "../../../src/mlproject/fill_command.ts";
import { findClosure } from "../../../src/mlproject/project_closure.ts";
import { splitWords } from "../../../src/mlproject/split_words.ts";
import { resolveProjectArguments } from "../../../src/mlproject/project_arguments.ts";
import { condaSpec, readCondaEnv } from "../../../src/mlproject/read_conda_env.ts";
import { readMlproject } from "../../../src/mlproject/read_mlproject.ts";
import { readPythonEnv } from "../../../src/mlproject/read_python_env.ts";
import { publicCondaEnvs, publicProjects, publicPythonEnvs } from "../../mlproject/public_projects.ts";
import { anyTarget, ofText, type Target } from "../target.ts";

const mlprojects = publicProjects.map(({ files }) => files["MLproject"]!);
const withAliases = `base: &base {type: float, default: 0.5}
name: wine
entry_points:
  main:
    parameters:
      alpha: {<<: *base, minimum: 0, maximum: 1}
      kind: {choices: [a, b], default: a}
      on: {type: boolean, default: yes}
    command: "python train.py {alpha:>8} {{x}} {kind!s}"
    depends_on: [prepare]
  prepare: {command: 'true'}
docker_env: {image: a, volumes: [/x:/y], environment: [A, [B, 1]]}
`;

/** What was read is filled with its own defaults: a command is what comes out, or a sentence. */
function readAndFill(text: string): void {
  const project = readMlproject(text, "MLproject", { hasPythonEnv: true, hasCondaEnv: false });
  for (const entryPoint of project.entryPoints) {
    const closure = findClosure(project, entryPoint);
    if (closure.ok) assert.equal(closure.value.at(-1), entryPoint);
    const given = new Map(holesOf(entryPoint.command ?? "").map((name) => [name, "1"]));
    const asked = resolveProjectArguments(entryPoint, given);
    if (!asked.ok) continue;
    const filled = fillCommand(entryPoint, asked.value.values, asked.value.extra);
    assert.equal(typeof (filled.ok ? filled.value : filled.failure.message), "string");
  }
}

export const mlprojectTargets: readonly Target[] = [
  ofText("MLproject", [...new Set(mlprojects), withAliases], readAndFill),
  ofText("conda.yaml", publicCondaEnvs, (text) => {
    const env = readCondaEnv(text, "conda.yaml");
    EnvironmentSpec.parse(condaSpec(env));
    condaAsPypi(env);
  }),
  ofText(
    "command in an image",
    ["python train.py --alpha 0.5", `a 'b c'"d \\$"e\\ f`, "cat a && b > c", "A=1 b {c,d}"],
    (text) => {
      for (const word of splitWords(text) ?? []) assert.ok(!word.includes("\0") || text.includes("\0"));
    },
  ),
  ofText("python_env.yaml", publicPythonEnvs, (text) => readPythonEnv(text, "python_env.yaml")),
  ofText(
    "address of a project",
    ["https://u:p@host/a/b.git#c", "git@host:a/b.git", "file:///tmp/p", "p.zip#a", "ext::sh -c id", "./a b"],
    async (text) => void await findProjectSource(text, text.length % 2 === 0 ? text : undefined, "/nowhere"),
  ),
].map((target) => anyTarget(target as Target<never>));
