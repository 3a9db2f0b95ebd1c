/** Readers of MLflow projects. */
import assert from "node:assert/strict";
import { findProjectSource } from "../../../src/compose/project_source.ts";
import { condaAsPypi } from "../../../src/mlproject/conda_as_pypi.ts";
import { fillCommand, holesOf } from "../../../src/mlproject/fill_command.ts";
import { resolveProjectArguments } from "../../../src/mlproject/project_arguments.ts";
import { readCondaEnv } from "../../../src/mlproject/read_conda_env.ts";
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
    const given = new Map(holesOf(entryPoint.command ?? "").map((name) => [name, "1"]));
    const asked = resolveProjectArguments(entryPoint, given);
    if (!asked.ok) continue;
    const filled = fillCommand(entryPoint, asked.value.values, asked.value.extra);
    assert.equal(typeof (filled.ok ? filled.value : filled.failure.message), "string");
  }
}

export const mlprojectTargets: readonly Target[] = [
  ofText("MLproject", [...new Set(mlprojects), withAliases], readAndFill),
  ofText("conda.yaml", publicCondaEnvs, (text) => condaAsPypi(readCondaEnv(text, "conda.yaml"))),
  ofText("python_env.yaml", publicPythonEnvs, (text) => readPythonEnv(text, "python_env.yaml")),
  ofText(
    "address of a project",
    ["https://u:p@host/a/b.git#c", "git@host:a/b.git", "file:///tmp/p", "p.zip#a", "ext::sh -c id", "./a b"],
    async (text) => void await findProjectSource(text, text.length % 2 === 0 ? text : undefined, "/nowhere"),
  ),
].map((target) => anyTarget(target as Target<never>));
