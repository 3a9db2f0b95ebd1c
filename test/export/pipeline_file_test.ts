import { deepStrictEqual, match, notStrictEqual, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { pipelineFile, runPipeline, runSluice, workingFolder } from "../run/run_project.ts";

Deno.test("a pipeline file with --export writes what `sluice export` writes, the same bytes each time", async () => {
  await using root = await workingFolder();
  const byFile = await runPipeline(["--export", "one", "--json"], root.path);
  strictEqual(byFile.code, 0, byFile.stderr);
  const told = JSON.parse(byFile.stdout);
  strictEqual(told.folder, join(root.path, "one"));
  const byProgram = await runSluice(["export", pipelineFile, "-o", "two"], root.path);
  strictEqual(byProgram.code, 0, byProgram.stderr);
  deepStrictEqual(read(join(root.path, "two")), read(join(root.path, "one")));
  deepStrictEqual(Object.keys(read(join(root.path, "one"))).sort(), told.files);
  const strict = await runPipeline(["--export", "three", "--strict"], root.path);
  notStrictEqual(told.unsaid.length, 0);
  strictEqual(strict.code, 2);
  match(strict.stderr, /^error\[ARGUMENT_INVALID\]/);
});

function read(folder: string, prefix = ""): Record<string, string> {
  return Object.fromEntries(
    [...Deno.readDirSync(folder)].flatMap((entry) =>
      entry.isDirectory
        ? Object.entries(read(join(folder, entry.name), `${prefix}${entry.name}/`))
        : [[prefix + entry.name, Deno.readTextFileSync(join(folder, entry.name))]]
    ),
  );
}
