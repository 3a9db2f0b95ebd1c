import assert from "node:assert/strict";
import fc from "fast-check";
import { dvcModule } from "../../src/mlproject/dvc_module.ts";
import { readDvc } from "../../src/mlproject/read_dvc.ts";
import { writePipelineModule } from "../../src/mlproject/write_pipeline_module.ts";
import { holeOf, readModule } from "./read_module.ts";
import { hostileText } from "./hostile_text.ts";

/** What the module of a dvc.yaml holds; `files` are those beside it. */
function moduleOf(dvc: unknown, files: Readonly<Record<string, string>> = {}) {
  const read = readDvc(
    typeof dvc === "string" ? dvc : JSON.stringify(dvc),
    "dvc.yaml",
    (path) => files[path],
  );
  const look = (path: string) => {
    if (files[path] !== undefined) return "file";
    return Object.keys(files).some((name) => name.startsWith(`${path}/`)) ? "folder" : undefined;
  };
  return writePipelineModule(
    dvcModule(read, { file: "dvc.yaml", folderName: "x", look, read: (path) => files[path] }),
  );
}

/** Of each stage: what `workspace` is given, and what its inputs are wired to. */
function stagesOf(dvc: unknown, files: Readonly<Record<string, string>> = {}) {
  const { steps } = readModule(moduleOf(dvc, files));
  return Object.fromEntries(
    steps.map(({ name, words, uses }) => [name, { words: words.slice(4), given: uses[0]!.given }]),
  );
}

Deno.test("a stage gets its code as sources, its data as given files, and what others make as their outputs", () => {
  const stages = {
    make: { cmd: "python make.py", deps: ["make.py", "in.csv"], outs: ["out"], params: ["a.b"] },
    use: { cmd: "cat out/x.txt", deps: ["out/x.txt"], outs: ["y.txt"] },
  };
  const found = stagesOf({ stages }, { "make.py": "", "in.csv": "", "params.yaml": "a: {b: 1}" });
  assert.deepEqual(found["make"], {
    words: [
      ...["python make.py", ".", "source", "make.py", "source", "params.yaml"],
      ...["in", "in.csv", holeOf("inputs", "in"), "out", "out", holeOf("outputs", "out")],
    ],
    given: { in: "given in.csv" },
  });
  assert.deepEqual(found["use"], {
    words: [
      "cat out/x.txt",
      ".",
      "in",
      "out",
      holeOf("inputs", "out"),
      "out",
      "y.txt",
      holeOf("outputs", "y"),
    ],
    given: { out: "make.out" },
  });
});

Deno.test("a stage gets the files that its command names, and the modules that these import", () => {
  const files = {
    "src/run.py": "import os, sys\nfrom helper import x\nimport pack.inner",
    "src/helper.py": "  import other",
    "src/other.py": "",
    "pack/__init__.py": "",
    "pack/inner.py": "",
    "lib/tool.py": "",
    "unused.py": "",
  };
  const { words } = stagesOf(
    { stages: { a: { cmd: "python src/run.py && python -m lib.tool" } } },
    files,
  )["a"]!;
  const sources = ["src/run.py", "lib/tool.py", "src/helper.py", "pack", "src/other.py"];
  assert.deepEqual(words.slice(2), sources.flatMap((path) => ["source", path]));
});

const commands: readonly (readonly [cmd: unknown, joined: string])[] = [
  ["a; b", "a; b"],
  [["a", "b"], "a &&\nb"],
  [["a # x", "b"], "(\na # x\n) &&\n(\nb\n)"],
  [["a\nb", "c"], "(\na\nb\n) &&\n(\nc\n)"],
  ["x ${seed} ${on} ${map} ${list[1]} \\${HOME}", "x 7 true --k 'a b' --t 2 ${HOME}"],
];
for (const [cmd, joined] of commands) {
  Deno.test(`the command ${JSON.stringify(cmd)} becomes ${JSON.stringify(joined)}`, () => {
    const vars = [{ seed: 7, on: true, map: { k: "a b", t: true, f: false }, list: [1, 2] }];
    assert.equal(stagesOf({ vars, stages: { a: { cmd } } })["a"]!.words[0], joined);
  });
}

Deno.test("params.yaml is read by the rules of YAML 1.2, and vars before it", () => {
  const cmd = "x ${a} ${b} ${c} ${d.e}";
  const files = { "params.yaml": "a: yes\nb: 1e3\nc: 010\nd: {e: 1, f: 2}\n" };
  const { words } = stagesOf({ vars: [{ d: { e: 3 } }], stages: { a: { cmd } } }, files)["a"]!;
  assert.equal(words[0], "x yes 1000.0 10 3");
});

Deno.test("stages are in an order in which each comes after those that make what it needs", () => {
  const stages = {
    c: { cmd: "x", deps: ["b"] },
    b: { cmd: "x", deps: ["a"], outs: ["b"] },
    a: { cmd: "x", outs: ["a"] },
  };
  assert.deepEqual(Object.keys(stagesOf({ stages })), ["a", "b", "c"]);
});

Deno.test("whatever a dvc.yaml holds, it is text in the module", () => {
  const file = hostileText.map((text) => text.replaceAll("/", "")).filter((text) =>
    !["", ".", ".."].includes(text)
  );
  // Templates have tests of their own.
  const plain = (text: string) => text.replaceAll(/\$\{+/g, "$");
  const asked = fc.record({ name: hostileText, cmd: hostileText, desc: hostileText, out: file, dep: file });
  fc.assert(
    fc.property(asked, ({ name, cmd, desc, out, dep }) => {
      const [command, words, made, need] = [cmd, desc, out, dep].map(plain);
      const stages = {
        [name]: {
          cmd: command,
          desc: words,
          outs: [{ [`./${made}`]: { cache: false } }],
          deps: [`./${need}`],
        },
      };
      fc.pre(made !== need && name !== "<<");
      const text = moduleOf({ stages }, { [need!]: "" });
      const { steps } = readModule(text);
      assert.equal(steps.length, 1);
      const [step] = steps;
      assert.equal(step!.description, words);
      assert.equal(step!.words[4], command);
      assert.equal(step!.words.at(-2), made);
      assert.ok(step!.words.includes(need));
      assert.doesNotMatch(text, /[\u202a-\u202e\u2066-\u2069\u2028\u2029\r\0]/);
    }),
    { numRuns: 3000 },
  );
});
