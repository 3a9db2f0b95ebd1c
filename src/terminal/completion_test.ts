import assert from "node:assert/strict";
import { join } from "node:path";
import { pipelineCandidates } from "./candidates.ts";
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

/** A folder with an executable `pipeline.ts` that answers for the sample pipeline. */
async function makeProgram(): Promise<string> {
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
  return folder;
}

async function output(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program, { args: [...args], cwd, stdin: "null" })
    .output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test({
  name: "the bash script completes entry points, parameters and values behind `=` in a real bash",
  ignore: !hasShell("bash"),
  async fn() {
    const folder = await makeProgram();
    await Deno.writeTextFile(join(folder, "completion.bash"), completionScript("bash", "pipeline.ts"));
    const complete = async (line: string, words: readonly string[]) => {
      const script = `source completion.bash; COMP_LINE=$1; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@")
        COMP_CWORD=$(( $# - 1 )); _pipeline_ts_complete; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return (await output("bash", ["-c", script, "bash", line, ...words], folder)).trimEnd().split("\n");
    };
    try {
      assert.deepEqual(await complete("./pipeline.ts tr", ["./pipeline.ts", "tr"]), ["train"]);
      assert.deepEqual(await complete("./pipeline.ts train --al", ["./pipeline.ts", "train", "--al"]), [
        "--alpha",
      ]);
      assert.deepEqual(
        await complete("./pipeline.ts train --kind ", ["./pipeline.ts", "train", "--kind", ""]),
        [
          "red",
          "white",
        ],
      );
      // Bash makes words of its own at `=`.
      assert.deepEqual(
        await complete("./pipeline.ts train --kind=w", ["./pipeline.ts", "train", "--kind", "=", "w"]),
        ["white"],
      );
      assert.deepEqual(await complete("./pipeline.ts -P kind=", ["./pipeline.ts", "-P", "kind", "="]), [
        "red",
        "white",
      ]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

for (const [shell, check] of [["bash", "-n"], ["zsh", "-n"], ["fish", "--no-execute"]] as const) {
  Deno.test({
    name: `the ${shell} script is one that ${shell} can read`,
    ignore: !hasShell(shell),
    async fn() {
      for (const program of ["sluice", "pipeline.ts"]) {
        const file = await Deno.makeTempFile();
        await Deno.writeTextFile(file, completionScript(shell, program));
        assert.equal(await output(shell, [check, file], "/"), "");
        await Deno.remove(file);
      }
    },
  });
}
