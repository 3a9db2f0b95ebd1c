/** Opens a tracker's database, makes a new one, or says what is wrong with what is there. */
import { dirname } from "node:path";
import { refuse } from "../core/error.ts";
import { connect, type Database } from "./sqlite_database.ts";
import { damaged, refusedBySystem } from "./sqlite_failure.ts";
import { checkWritable, inspectFile } from "./sqlite_file.ts";
import { currentRevision, olderRevisions } from "./sqlite_revisions.ts";

export interface OpenOptions {
  readonly artifactRoot: string;
  readonly create: boolean;
  readonly busyTimeoutMs: number;
  readonly clock: () => number;
}
type Connection = ReturnType<typeof connect>;

/** See `openSqliteTracker` for what it throws. */
export async function openDatabase(path: string, options: OpenOptions): Promise<Database> {
  if (inspectFile(path) === "missing") {
    if (!options.create) return refuseMissing(path);
    await makeFolder(path);
  }
  if (options.create) checkWritable(path);
  const database = connect(path, options.busyTimeoutMs);
  try {
    const tables = await database.read(() => tableNames(database));
    if (tables.size === 0) {
      if (!options.create) return refuseMissing(path);
      await createSchema(database, options);
    } else {
      const experiments = await database.read(() => {
        checkRevision(database, tables);
        return touchTables(database, tables);
      });
      // After `mlflow db upgrade` there are no experiments; the first use makes this one.
      if (!experiments.hasDefault && options.create) {
        await database.write(() => insertDefaultExperiment(database, options));
      }
    }
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
  } catch (error) {
    refuse(refusedBySystem(path, error));
  }
}

const tableNames = (database: Database): ReadonlySet<string> =>
  new Set(
    database.all("SELECT name FROM sqlite_master WHERE type = 'table'").map((row) => String(row["name"])),
  );

async function createSchema(database: Connection, options: OpenOptions): Promise<void> {
  const { schemaStatements } = await import("./sqlite_schema.ts");
  await database.write(() => {
    // Another process may have been first.
    if (tableNames(database).size > 0) return checkRevision(database, tableNames(database));
    for (const statement of schemaStatements) database.exec(statement);
    database.run("INSERT INTO alembic_version (version_num) VALUES (?)", currentRevision);
    database.run(
      "INSERT INTO workspaces (name, description) VALUES ('default', 'Default workspace for legacy resources')",
    );
    insertDefaultExperiment(database, options);
  });
}

function insertDefaultExperiment(database: Database, { artifactRoot, clock }: OpenOptions): void {
  const now = clock();
  database.run(
    "INSERT OR IGNORE INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, " +
      "creation_time, last_update_time, workspace) VALUES (0, 'Default', ?, 'active', ?, ?, 'default')",
    `${artifactRoot}/0`,
    now,
    now,
  );
}

/** Throws unless the schema is the one of MLflow 3.17.2. */
function checkRevision(database: Database, tables: ReadonlySet<string>): void {
  const { path } = database;
  const isMlflow = ["experiments", "runs", "metrics", "params", "tags"].every((name) => tables.has(name));
  if (!isMlflow) {
    refuse({
      code: "TRACKER_NOT_MLFLOW",
      message: `Cannot log to \`${path}\` as it is the database of another application`,
      hint: "Name another file with --tracking-uri; it was left as it is",
    });
  }
  const revision = tables.has("alembic_version")
    ? database.get("SELECT version_num FROM alembic_version")?.["version_num"]
    : undefined;
  if (revision === currentRevision) return;
  if (revision == null || olderRevisions.includes(String(revision))) {
    refuse({
      code: "TRACKER_OLDER",
      message: `Cannot use \`${path}\` as its schema is of an MLflow before 3.17.2` +
        (revision == null ? "" : `: revision \`${revision}\``),
      hint: `Make a copy of it, then bring it up to date with \`mlflow db upgrade sqlite:///${path}\``,
    });
  }
  refuse({
    code: "TRACKER_NEWER",
    message: `Cannot use \`${path}\` as its schema is of an MLflow after 3.17.2: revision \`${revision}\``,
    hint: "Use a newer sluice, or name another file with --tracking-uri; it was left as it is",
  });
}

/** Reads a page of each table that runs need, so that a damaged file is refused before a run begins. */
function touchTables(database: Database, tables: ReadonlySet<string>): { readonly hasDefault: boolean } {
  for (const table of ["runs", "metrics", "latest_metrics", "params", "tags", "inputs", "logged_models"]) {
    if (!tables.has(table)) refuse(damaged(database.path, `its table \`${table}\` is missing`));
    database.get(`SELECT 1 FROM ${table} LIMIT 1`);
  }
  return { hasDefault: database.get("SELECT 1 FROM experiments WHERE experiment_id = 0") !== undefined };
}

function refuseMissing(path: string): never {
  return refuse({
    code: "TRACKER_MISSING",
    message: `Cannot read \`${path}\` as there is no such file`,
    hint: "Run a pipeline first, or say where its runs are with --tracking-uri",
  });
}
