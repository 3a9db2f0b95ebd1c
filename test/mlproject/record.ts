/**
 * Writes `recorded.json`: what real MLflow makes of each case. Run it when a case is new, or with another MLflow:
 * `deno run -A test/mlproject/record.ts [NAME]…`, where NAME is a part of the names of the cases to record again.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { askPython } from "../real/mlflow.ts";
import { projectCases } from "./project_cases.ts";
import { type Answer, makeWorkplace, readAnswer } from "./project_workplace.ts";

const path = fileURLToPath(new URL("recorded.json", import.meta.url));
const before: Record<string, Answer> = JSON.parse(await Deno.readTextFile(path).catch(() => "{}"));
const isAsked = (name: string) => Deno.args.length === 0 || Deno.args.some((part) => name.includes(part));
const cases = projectCases.filter(({ name }) => isAsked(name));
const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-record-" }));
try {
  const places = [];
  for (const [index, asked] of cases.entries()) {
    const folder = join(root, String(index));
    await Deno.mkdir(folder);
    places.push(await makeWorkplace(folder, asked));
  }
  const codes = await askPython(
    fileURLToPath(new URL("record_mlflow.py", import.meta.url)),
    places,
  ) as readonly number[];
  const now: Record<string, Answer> = {};
  for (const [index, { name }] of cases.entries()) {
    now[name] = await readAnswer(places[index]!, codes[index] === 0);
  }
  const all = { ...before, ...now };
  const sorted = Object.fromEntries(projectCases.map(({ name }) => [name, all[name]]));
  await Deno.writeTextFile(path, `${JSON.stringify(sorted, null, 2)}\n`);
} finally {
  if (Deno.env.get("KEEP") === undefined) await Deno.remove(root, { recursive: true });
  else console.log(root);
}
