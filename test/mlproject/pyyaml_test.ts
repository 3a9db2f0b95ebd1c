/** Our reader of YAML beside PyYAML, which MLflow reads its files with. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { readProjectYaml } from "../../src/mlproject/read_project_yaml.ts";
import { pythonText } from "../../src/mlproject/yaml_value.ts";
import { runPython } from "../real/mlflow.ts";
import { realTest } from "../real_part.ts";

const sayAll = `
import json, sys, yaml
answers = []
for text in json.load(open(sys.argv[1])):
    try:
        answers.append(str(yaml.safe_load(text)))
    except Exception:
        answers.append(None)
json.dump(answers, sys.stdout)
`;

/** Scalars near to those that YAML gives a meaning, and ordinary ones. */
const scalar = fc.oneof(
  fc.stringMatching(/^[-+]?[0-9_]{1,6}(\.[0-9_]{0,4})?([eE][-+]?[0-9]{1,3})?$/),
  fc.stringMatching(/^[-+]?0[xb]?[0-9a-f_]{1,6}$/),
  fc.stringMatching(/^[0-9]{1,3}(:[0-9]{1,2}){1,2}(\.[0-9]{1,2})?$/),
  fc.stringMatching(
    /^(19|20)[0-9]{2}-[01]?[0-9]-[0-3]?[0-9]([Tt ][0-2]?[0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?Z?)?$/,
  ),
  fc.constantFrom(
    "yes",
    "No",
    "on",
    "OFF",
    "true",
    "False",
    "y",
    "n",
    "~",
    "null",
    "Null",
    ".inf",
    "-.INF",
    ".nan",
    "=",
    "<<",
  ),
  fc.double({ noNaN: true }).map(String),
  fc.integer().map(String),
  // The marks of documents are no scalars.
  fc.stringMatching(/^[a-zA-Z0-9_./-]{1,10}$/).filter((text) => !/^(\.{3}|-{3})/.test(text)),
);
const quoted = fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text));
const inFlow = fc.array(fc.oneof(scalar, quoted), { maxLength: 4 }).map((items) => `[${items.join(", ")}]`);
const document = fc.oneof(
  scalar,
  quoted,
  inFlow,
  fc.tuple(scalar, inFlow).map(([a, b]) => `a: ${a}\nb: ${b}\n`),
);

realTest(["mlflow"], "a YAML text is read as PyYAML reads it, or refused", async () => {
  const texts = fc.sample(document, 4000);
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, JSON.stringify(texts));
    const { code, stdout, stderr } = await runPython(sayAll, [file]);
    assert.equal(code, 0, stderr);
    const answers: readonly (string | null)[] = JSON.parse(stdout);
    let read = 0;
    for (const [index, text] of texts.entries()) {
      const ours = readText(text);
      if (ours === undefined) continue;
      read++;
      assert.equal(ours, answers[index], text);
    }
    assert.ok(read > 3000, `${read} of ${texts.length} are read`);
  } finally {
    await Deno.remove(file);
  }
});

/** Undefined for what is refused; a time within a list is not written as Python's \`repr\`. */
function readText(text: string): string | undefined {
  try {
    const value = readProjectYaml(text, "MLproject");
    const isRare = value.is === "list" || value.is === "map" ? / \d\d?:|:\d\d/.test(text) : false;
    return isRare ? undefined : pythonText(value);
  } catch {
    return undefined;
  }
}
