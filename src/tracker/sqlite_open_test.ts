import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { type Code, SluiceError } from "../core/error.ts";
import { openSqliteTracker } from "./sqlite_tracker.ts";

const clock = () => 1;
const open = (path: string, create = true) => openSqliteTracker(path, { create, clock, busyTimeoutMs: 50 });

async function inFolder(check: (path: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await check(join(folder, "mlflow.db"), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function refused(code: Code, path: string, create = true): Promise<SluiceError> {
  let found: unknown;
  await assert.rejects(open(path, create).then((tracker) => tracker.close()), (error) => {
    found = error;
    return error instanceof SluiceError && error.failure.code === code;
  });
  return found as SluiceError;
}

const change = (path: string, sql: string) => {
  using database = new DatabaseSync(path);
  database.exec(sql);
};
const makeTracker = async (path: string) => await (await open(path)).close();

const files: readonly [name: string, code: Code, make: (path: string) => Promise<void>][] = [
  ["text", "TRACKER_DAMAGED", (path) => Deno.writeTextFile(path, "not a database at all\n".repeat(20))],
  ["a few bytes", "TRACKER_DAMAGED", (path) => Deno.writeTextFile(path, "SQLite format 3\0")],
  ["a folder", "TRACKER_DAMAGED", (path) => Deno.mkdir(path)],
  ["a file that was cut off", "TRACKER_DAMAGED", async (path) => {
    await makeTracker(path);
    await Deno.truncate(path, (await Deno.stat(path)).size - 4096 * 3);
  }],
  ["a file whose first table is overwritten", "TRACKER_DAMAGED", async (path) => {
    await makeTracker(path);
    using file = await Deno.open(path, { write: true });
    await file.seek(200, Deno.SeekMode.Start);
    await file.write(new Uint8Array(3900).fill(0xff));
  }],
  ["a file whose pages are overwritten", "TRACKER_DAMAGED", async (path) => {
    await makeTracker(path);
    using file = await Deno.open(path, { write: true });
    await file.seek(4096, Deno.SeekMode.Start);
    await file.write(new Uint8Array(4096 * 200).fill(0xff));
  }],
  ["a database that lacks a table", "TRACKER_DAMAGED", async (path) => {
    await makeTracker(path);
    change(path, "DROP TABLE inputs");
  }],
  ["a database of another application", "TRACKER_NOT_MLFLOW", (path) => {
    change(path, "CREATE TABLE tracks (id INTEGER); CREATE TABLE alembic_version (version_num TEXT)");
    return Promise.resolve();
  }],
  ["a database of another application with a write-ahead log", "TRACKER_NOT_MLFLOW", (path) => {
    change(path, "PRAGMA journal_mode = WAL; CREATE TABLE tracks (id INTEGER)");
    return Promise.resolve();
  }],
  ["a database of a newer MLflow", "TRACKER_NEWER", async (path) => {
    await makeTracker(path);
    change(path, "UPDATE alembic_version SET version_num = 'feedfacecafe'");
  }],
  ["a database of an older MLflow", "TRACKER_OLDER", async (path) => {
    await makeTracker(path);
    change(path, "UPDATE alembic_version SET version_num = '451aebb31d03'");
  }],
  ["a database of an MLflow before there were revisions", "TRACKER_OLDER", async (path) => {
    await makeTracker(path);
    change(path, "DROP TABLE alembic_version");
  }],
];

for (const [name, code, make] of files) {
  Deno.test(`${name} is refused with ${code} and left as it is`, () =>
    inFolder(async (path, folder) => {
      await make(path);
      const before = await contents(folder);
      const error = await refused(code, path);
      assert.deepEqual(await contents(folder), before);
      assert.ok(error.failure.message.includes(path), error.message);
      assert.ok(error.failure.hint !== undefined, error.message);
      await refused(code, path, false);
      assert.deepEqual(await contents(folder), before);
    }));
}

Deno.test("an older database is told how to be brought up to date", () =>
  inFolder(async (path) => {
    await makeTracker(path);
    change(path, "UPDATE alembic_version SET version_num = '451aebb31d03'");
    const { hint } = (await refused("TRACKER_OLDER", path)).failure;
    assert.ok(hint?.includes(`mlflow db upgrade sqlite:///${path}`), hint);
  }));

Deno.test("a database that another program writes to is refused with TRACKER_LOCKED, and opens when it is done", () =>
  inFolder(async (path) => {
    await makeTracker(path);
    const other = new DatabaseSync(path);
    other.exec("BEGIN EXCLUSIVE");
    await refused("TRACKER_LOCKED", path);
    other.exec("ROLLBACK");
    const tracker = await open(path);
    other.exec("BEGIN IMMEDIATE");
    assert.equal((await tracker.listExperiments()).length, 1, "reading goes on");
    await assert.rejects(
      tracker.createExperiment("x"),
      (error) => error instanceof SluiceError && error.failure.code === "TRACKER_LOCKED",
    );
    other.exec("ROLLBACK");
    other.close();
    assert.equal((await tracker.createExperiment("x")).id, "1");
    await tracker.close();
  }));

Deno.test("a file that is not there is made when asked for, with its folder, and refused otherwise", () =>
  inFolder(async (_, folder) => {
    const path = join(folder, "new", "deep", "mlflow.db");
    await refused("TRACKER_MISSING", path, false);
    assert.deepEqual(await contents(folder), []);
    const tracker = await open(path);
    assert.equal(tracker.uri, `sqlite:///${path}`);
    assert.deepEqual(await tracker.listExperiments(), [{
      id: "0",
      name: "Default",
      artifactLocation: join(folder, "new", "deep", "mlruns", "0"),
      lifecycleStage: "active",
      createdAt: 1,
      updatedAt: 1,
      tags: [],
    }]);
    await tracker.close();
    assert.deepEqual((await contents(folder)).map(([name]) => name), ["new/deep/mlflow.db"]);
  }));

Deno.test("an empty file is a new database", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(path, "");
    await refused("TRACKER_MISSING", path, false);
    const tracker = await open(path);
    assert.equal((await tracker.getExperiment("0")).name, "Default");
    await tracker.close();
  }));

Deno.test("a database that MLflow only migrated gets its first experiment", () =>
  inFolder(async (path) => {
    await makeTracker(path);
    change(path, "DELETE FROM experiments");
    const reading = await open(path, false);
    assert.deepEqual(await reading.listExperiments(), []);
    await reading.close();
    const tracker = await open(path);
    assert.equal((await tracker.getExperiment("0")).name, "Default");
    await tracker.close();
  }));

Deno.test("a folder that cannot be written is refused with FOLDER_NOT_WRITABLE", () =>
  inFolder(async (_, folder) => {
    await Deno.writeTextFile(join(folder, "file"), "");
    await refused("FOLDER_NOT_WRITABLE", join(folder, "file", "mlflow.db"));
    await refused("FOLDER_NOT_WRITABLE", "/proc/self/mlflow.db");
  }));

Deno.test("many trackers may be opened on a new file at once", () =>
  inFolder(async (path) => {
    const trackers = await Promise.all(
      Array.from({ length: 4 }, () => openSqliteTracker(path, { create: true, clock })),
    );
    const made = [];
    for (const [index, tracker] of trackers.entries()) made.push(await tracker.createExperiment(`e${index}`));
    assert.deepEqual(made.map(({ id }) => id), ["1", "2", "3", "4"]);
    await Promise.all(trackers.map((tracker) => tracker.close()));
  }));

/** Names and bytes of all files below. */
async function contents(folder: string, below = ""): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) found.push(...await contents(path, `${below}${entry.name}/`));
    else {found.push([
        below + entry.name,
        new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(path))).toHex(),
      ]);}
  }
  return found.sort();
}

Deno.test("a new file whose making a power cut tore is made again", () =>
  inFolder(async (path, folder) => {
    const torn = join(folder, "torn.db");
    {
      using database = new DatabaseSync(torn);
      // Pages reach the file before the commit, and the journal before them.
      database.exec("PRAGMA cache_size = 4; PRAGMA synchronous = EXTRA; BEGIN; CREATE TABLE t (a TEXT)");
      const insert = database.prepare("INSERT INTO t VALUES (?)");
      for (let row = 0; row < 200; row++) insert.run("x".repeat(1000));
      await Deno.copyFile(torn, path);
      await Deno.copyFile(`${torn}-journal`, `${path}-journal`);
    }
    {
      using file = await Deno.open(path, { write: true });
      await file.write(new Uint8Array(4096));
    }
    assert.ok((await Deno.stat(path)).size > 4096);
    await refused("TRACKER_MISSING", path, false);
    const tracker = await open(path);
    assert.deepEqual((await tracker.listExperiments()).map(({ name }) => name), ["Default"]);
    await tracker.close();
  }));

Deno.test("a file that is none of SQLite's is left as it is, whatever lies beside it", () =>
  inFolder(async (path) => {
    const text = "not a database at all\n".repeat(20);
    for (const beside of ["-journal", "-wal"]) {
      await Deno.writeTextFile(path, text);
      await Deno.writeTextFile(`${path}${beside}`, "nor a journal");
      await refused("TRACKER_DAMAGED", path);
      assert.equal(await Deno.readTextFile(path), text);
    }
  }));
