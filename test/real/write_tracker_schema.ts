/**
 * Writes `src/tracker/sqlite_schema.ts` and `sqlite_revisions.ts` from a database that real MLflow makes:
 * `deno run -A test/real/write_tracker_schema.ts`, then `deno fmt src/tracker`. Run it when the MLflow that
 * `mlflow.ts` names changes; `tracker_schema_test.ts` holds the files against that MLflow.
 */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { runPython } from "./mlflow.ts";

const listRevisions = `
import json
from mlflow.store.db.utils import _get_alembic_config
from alembic.script import ScriptDirectory
import mlflow
mlflow.MlflowClient("sqlite:///mlflow.db")
script = ScriptDirectory.from_config(_get_alembic_config(""))
print(json.dumps([each.revision for each in script.walk_revisions()]))
`;

if (import.meta.main) {
  const folder = await Deno.makeTempDir();
  const run = await runPython(listRevisions, [], { cwd: folder });
  if (run.code !== 0) throw new Error(run.stderr);
  const [newest, ...older] = JSON.parse(run.stdout) as string[];
  using database = new DatabaseSync(join(folder, "mlflow.db"), { readOnly: true });
  const statements = database
    .prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
    .all()
    .map((row) => String(row["sql"]));
  const source = join(import.meta.dirname!, "..", "..", "src", "tracker");
  await Deno.writeTextFile(
    join(source, "sqlite_schema.ts"),
    `/** MLflow 3.17.2's schema, as its migrations leave it. Written by \`test/real/write_tracker_schema.ts\`. */\n` +
      `export const schemaStatements: readonly string[] = ${JSON.stringify(statements, null, 2)};\n`,
  );
  await Deno.writeTextFile(
    join(source, "sqlite_revisions.ts"),
    `/** Revisions of MLflow's schema, by alembic's names. Written by \`test/real/write_tracker_schema.ts\`. */\n\n` +
      `/** MLflow 3.17.2's. */\nexport const currentRevision = ${JSON.stringify(newest)};\n\n` +
      `/** Those that \`mlflow db upgrade\` brings to it, newest first. */\n` +
      `export const olderRevisions: readonly string[] = ${JSON.stringify(older, null, 2)};\n`,
  );
  await Deno.remove(folder, { recursive: true });
}
