/** What edits of Python environments re-run: packages and interpreters are real, wheels are made on the spot. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { makeWheel, sharedUv } from "../real/environments_fixture.ts";
import { realTest } from "../real_part.ts";
import { workingFolder } from "../run/run_project.ts";
import { type Call, executedSteps, expectDone, type Project, writeProject } from "./mutated_project.ts";

const pipelineText = `import { file, main, pipeline, python, sh, step } from "sluice";
const env = python({ requirements: "requirements.txt" });
const print = step("print", {
  env,
  sources: ["print.py"],
  outputs: { text: file() },
  command: ({ outputs }) => sh\`python print.py \${outputs.text}\`,
});
const copy = step("copy", {
  env: python({ requirements: [] }),
  sources: ["copy.py"],
  inputs: { text: file() },
  outputs: { text2: file() },
  command: ({ inputs, outputs }) => sh\`python copy.py \${inputs.text} \${outputs.text2}\`,
});
const printed = pipeline("printed", {}, () => ({ text: copy({ text: print({}).text }).text2 }));
export default printed;
if (import.meta.main) await main(printed);
`;

realTest(
  ["uv"],
  "edits of requirements and interpreters re-run what uses them, and `why` names versions",
  async () => {
    await using folder = await workingFolder();
    const wheels = join(folder.path, "wheels");
    await Deno.mkdir(wheels);
    for (const version of ["1.0", "1.1"]) await makeWheel(wheels, "alder", version);
    const env = {
      PATH: `${dirname(await sharedUv())}:${Deno.env.get("PATH")}`,
      PIP_CONFIG_FILE: "/dev/null",
      PIP_NO_INDEX: "1",
      PIP_FIND_LINKS: wheels,
    };
    const project = await writeProject(folder.path);
    await project.write("pipeline.ts", pipelineText);
    await project.write("requirements.txt", "alder==1.0\n");
    await project.write(
      "print.py",
      "import sys, alder\nopen(sys.argv[1], 'w').write(alder.version[:1])\n",
    );
    await project.write(
      "copy.py",
      "import sys\nopen(sys.argv[2], 'w').write(open(sys.argv[1]).read())\n",
    );
    assert.deepEqual(executedSteps(await project.run({ env })), ["copy", "print"]);

    await project.write("requirements.txt", "# The one package.\n\nalder==1.0  # pinned\n");
    await judge(project, { env }, {}, []);

    await project.write("requirements.txt", "alder==1.1\n");
    const unlessPrint = "runs unless print comes out the same";
    assert.deepEqual(await askPython(project, { env }), {
      print: "environment python # → python, not locked yet",
      copy: unlessPrint,
    });
    await expectDone(project.sluice(["lock"], { env }));
    // What `print` writes is one character of the version, and that is the same.
    await judge(project, { env }, { print: "package alder 1.0 → 1.1", copy: unlessPrint }, ["print"]);

    const versions = await pythonVersions(env);
    if (versions.length > 1) {
      await project.replace(
        "pipeline.ts",
        "python({ requirements: [] })",
        `python({ version: "${versions[1]}", requirements: [] })`,
      );
      await expectDone(project.sluice(["lock"], { env }));
      await judge(project, { env }, { copy: "interpreter python # → python #" }, ["copy"]);
    }
  },
);

async function judge(project: Project, call: Call, says: Record<string, string>, runs: readonly string[]) {
  assert.deepEqual(await askPython(project, call), says);
  assert.deepEqual(executedSteps(await project.run(call)), runs);
}

/** Which interpreters there are is the machine's. */
const askPython = async (project: Project, call: Call) =>
  Object.fromEntries(
    Object.entries(await project.ask(call)).map((
      [step, text],
    ) => [step, text.replaceAll(/python \d[\d.]*/g, "python #")]),
  );

/** Major and minor of the interpreters that sluice would find, the one it takes by itself first. */
async function pythonVersions(env: Record<string, string>): Promise<string[]> {
  const names = Array.from({ length: 10 }, (_, index) => `python3.${19 - index}`);
  const found = await Promise.all(names.map(async (name) => {
    const result = await new Deno.Command("sh", { args: ["-c", `${name} -c pass`], env }).output();
    return result.success ? [name.slice("python".length)] : [];
  }));
  return found.flat();
}
