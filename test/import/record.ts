/**
 * Writes `recorded.json`: what real MLflow makes of the projects that are imported. Run it when a case is new, or with another
 * MLflow: `deno run -A test/import/record.ts`.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { askPython } from "../real/mlflow.ts";
import { importCases } from "./import_cases.ts";
import { type CallsAnswer, readFiles, readParams, writeFiles } from "./import_workplace.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-record-" }));
try {
  await writeFiles(root, { "bin/python": '#!/bin/sh\nexec python3 "$@"\n' });
  await Deno.chmod(join(root, "bin/python"), 0o755);
  const variables = {
    PATH: `${join(root, "bin")}:/usr/local/bin:/usr/bin:/bin`,
    HOME: root,
    LANG: "C.UTF-8",
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const places = [];
  for (const { name, files, calls } of importCases) {
    const folder = join(root, name);
    await writeFiles(folder, files);
    for (const { entryPoint = "main", parameters = {} } of calls) {
      const given = Object.entries(parameters).flatMap(([key, value]) => ["-P", `${key}=${value}`]);
      places.push({
        folder,
        variables,
        arguments: [".", "-e", entryPoint, "--env-manager", "local", ...given],
      });
    }
  }
  const codes = await askPython(here("../mlproject/record_mlflow.py"), places) as number[];
  const recorded: Record<string, CallsAnswer> = {};
  for (const { name, calls } of importCases) {
    recorded[name] = {
      isSuccess: codes.splice(0, calls.length).map((code) => code === 0),
      params: readParams(join(root, name)),
      files: await readFiles(join(root, name)),
    };
  }
  await Deno.writeTextFile(here("recorded.json"), `${JSON.stringify(recorded, null, 2)}\n`);
} finally {
  await Deno.remove(root, { recursive: true });
}
