import { deepStrictEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { writeYaml } from "../../src/mlproject/write_yaml.ts";
import { runPython } from "../real/mlflow.ts";
import { realTest } from "../real_part.ts";
import { workingFolder } from "../run/run_project.ts";
import { yamlLookalike } from "../yaml_lookalikes.ts";

const values = fc.dictionary(
  yamlLookalike,
  fc.oneof(
    yamlLookalike,
    fc.array(yamlLookalike),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  ),
  { noNullPrototype: true, minKeys: 1 },
);

realTest(["mlflow"], "PyYAML reads what is written as the same values", async () => {
  await using root = await workingFolder();
  const asked = fc.sample(values, 2000).map((value): Record<string, unknown> =>
    JSON.parse(JSON.stringify(value))
  );
  const path = join(root.path, "written.json");
  await Deno.writeTextFile(path, JSON.stringify(asked.map((value) => [writeYaml(value as never), value])));
  const { code, stdout, stderr } = await runPython(
    `import json, sys, yaml
wrong = [[text, value] for text, value in json.load(open(sys.argv[1])) if yaml.safe_load(text) != value]
print(json.dumps(wrong[:3]))`,
    [path],
  );
  ok(code === 0, stderr);
  deepStrictEqual(JSON.parse(stdout), []);
});
