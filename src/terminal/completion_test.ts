import assert from "node:assert/strict";
import { join } from "node:path";
import { pipelineCandidates } from "./candidates.ts";
import { realTest } from "../../test/real_part.ts";
import { completionScript } from "./completion_script.ts";
import { pipelineOptions } from "./pipeline_arguments.ts";
import { wine } from "./sample_definition_test.ts";

for (
  const [line, expected] of [
    ["", ["main", "preprocess", "train", "fold-0", "fold-1", "fold-2", "notify"]],
    ["--entry-point ", ["main", "preprocess", "train", "fold-0", "fold-1", "fold-2", "notify"]],
    ["--color ", ["auto", "never", "always"]],
    ["train --kind ", ["red", "white"]],
    ["train --kind=", ["--kind=red", "--kind=white"]],
    ["train --color=n", ["--color=auto", "--color=never", "--color=always"]],
    ["train -P ", ["alpha=", "batch_size=", "shuffle=", "kind=", "title=", "preprocess.seed="]],
    ["train -P kind=", ["kind=red", "kind=white"]],
    ["train -P shuffle=", ["shuffle=true", "shuffle=false"]],
    ["train --alpha ", []],
  ] as const
) {
  Deno.test(`pipelineCandidates() after [${line}]`, () => {
    const words = line.split(" ");
    const current = words.pop()!;
    const found = pipelineCandidates(wine, words, current, pipelineOptions);
    assert.deepEqual(found.map(({ word }) => word), expected);
  });
}

Deno.test("pipelineCandidates() gives the parameters of the entry point, then flags", () => {
  const words = (entryPoint: string) =>
    pipelineCandidates(wine, [entryPoint], "--", pipelineOptions).map(({ word }) => word);
  assert.deepEqual(words("preprocess").slice(0, 3), ["--seed", "--entry-point", "--param"]);
  assert.deepEqual(words("train").slice(0, 2), ["--alpha", "--batch-size"]);
});

const hasShell = (name: string) => {
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
};

/** Calls `use` with a folder that has an executable `pipeline.ts`, which answers for the sample pipeline. */
async function withProgram(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const definition = new URL("./sample_definition_test.ts", import.meta.url);
  const answer = new URL("./pipeline_answer.ts", import.meta.url);
  const parse = new URL("./pipeline_arguments.ts", import.meta.url);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const source = `
    import { wine } from "${definition}";
    import { answerPipelineCommand } from "${answer}";
    import { parsePipelineArguments } from "${parse}";
    answerPipelineCommand(wine, parsePipelineArguments(wine, Deno.args).value, "deno run -A pipeline.ts");
  `;
  await Deno.writeTextFile(join(folder, "answer.ts"), source);
  const program =
    `#!/bin/sh\nexec '${Deno.execPath()}' run -A --no-lock --config '${config}' '${folder}/answer.ts' "$@"\n`;
  await Deno.writeTextFile(join(folder, "pipeline.ts"), program, { mode: 0o755 });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function output(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program, { args: [...args], cwd, stdin: "null" })
    .output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

realTest(
  ["bash"],
  "the bash script completes entry points, parameters and values behind `=` in a real bash",
  () =>
    withProgram(async (folder) => {
      await Deno.writeTextFile(join(folder, "completion.bash"), completionScript("bash", "pipeline.ts"));
      const complete = async (line: string, words: readonly string[]) => {
        const script = `source completion.bash; COMP_LINE=$1; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@")
        COMP_CWORD=$(( $# - 1 )); _pipeline_ts_complete; printf '%s\\n' "\${COMPREPLY[@]}"`;
        return (await output("bash", ["-c", script, "bash", line, ...words], folder)).trimEnd().split("\n");
      };
      const program = "./pipeline.ts";
      assert.deepEqual(await complete(`${program} tr`, [program, "tr"]), ["train"]);
      assert.deepEqual(await complete(`${program} train --al`, [program, "train", "--al"]), ["--alpha"]);
      assert.deepEqual(await complete(`${program} train --kind `, [program, "train", "--kind", ""]), [
        "red",
        "white",
      ]);
      // Bash makes words of its own at `=`.
      assert.deepEqual(
        await complete(`${program} train --kind=w`, [program, "train", "--kind", "=", "w"]),
        ["white"],
      );
      assert.deepEqual(await complete(`${program} -P kind=`, [program, "-P", "kind", "="]), ["red", "white"]);
    }),
);

// The other shells are met where they are, as few machines have all three.
if (hasShell("fish")) {
  Deno.test("the fish script completes entry points and parameters in a real fish", () =>
    withProgram(async (folder) => {
      await Deno.writeTextFile(join(folder, "completion.fish"), completionScript("fish", "pipeline.ts"));
      const complete = (line: string) =>
        output("fish", ["--no-config", "-c", `source completion.fish; complete -C '${line}'`], folder);
      assert.equal(await complete("./pipeline.ts tr"), "train\tFit a model\n");
      assert.match(await complete("./pipeline.ts train --kind "), /^red\nwhite$/m);
    }));
}

for (const [shell, check] of [["bash", "-n"], ["zsh", "-n"], ["fish", "--no-execute"]] as const) {
  if (!hasShell(shell)) continue;
  Deno.test(`the ${shell} script is one that ${shell} can read`, async () => {
    for (const program of ["sluice", "pipeline.ts"]) {
      const file = await Deno.makeTempFile();
      await Deno.writeTextFile(file, completionScript(shell, program));
      assert.equal(await output(shell, [check, file], "/"), "");
      await Deno.remove(file);
    }
  });
}
