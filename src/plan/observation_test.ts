import assert from "node:assert/strict";
import { unwrap } from "../core/error.ts";
import { observe } from "./observation.ts";
import { resolveArguments } from "./resolve_arguments.ts";
import { stepOf, trainingPipeline, useOf } from "./test_pipeline.ts";

Deno.test("observe() asks for a file in the name of the step and its parameter or input", () => {
  const kind = { kind: "file" } as const;
  const step = stepOf("read", {
    parameters: { where: { type: "path" } },
    inputs: { table: { kind, takes: "one" } },
  });
  const use = useOf(step, {
    arguments: { where: { is: "value", value: "/data/a.csv" } },
    inputs: {
      table: { is: "one", source: { is: "file", path: "b.csv", folder: "file:///project/", kind } },
    },
  });
  const definition = trainingPipeline({ parameters: {}, steps: [use], results: {} });
  const request = { entryPoint: "read", parameters: {}, isText: false };
  const askers = observe(definition, unwrap(resolveArguments(definition, request, "/work"))).flatMap(
    (question) => question.is === "content" ? [[question.path, question.place.within]] : [],
  );
  assert.deepEqual(askers, [
    ["/data/a.csv", ['step "read"', 'parameter "where"']],
    ["/project/b.csv", ['step "read"', 'input "table"']],
  ]);
});
