/**
 * One connection to a tracker's SQLite file: statements prepared once, writers grouped into commits.
 *
 * The file keeps the rollback journal that MLflow leaves it with. A write-ahead log makes a commit cheaper (1 fsync
 * for 4; 0.14 ms for 0.5 ms on an idle disk, 1 ms for 4 ms on a busy one), but it stays set in the file for MLflow's
 * own processes, whose Python commonly brings an SQLite before 3.51.3, where two writers can corrupt such a log; it
 * fails on network file systems; and a killed process leaves two more files. Whoever sets it keeps it.
 * `synchronous` is EXTRA: what was said to be logged is there after a power loss, too. With FULL, the default, the name
 * of the journal may come back, and SQLite then takes the last commit back. The cost (0.73 ms for 0.61 ms a commit on an
 * idle disk) is paid once for all writes that wait together.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { explain, isInputOutputError } from "./sqlite_failure.ts";
import type { Row, Value } from "./sqlite_row.ts";

/** Queries are for functions given to `read` and `write`. */
export interface Database {
  readonly path: string;
  all(sql: string, ...values: Value[]): readonly Row[];
  get(sql: string, ...values: Value[]): Row | undefined;
  /** Gives how many rows it changed. */
  run(sql: string, ...values: Value[]): number;
  /** Answers from one state of the database, which holds whatever was written before by this connection. */
  read<T>(query: () => T): Promise<T>;
  /** All of `change` or, when it throws, nothing of it. Settles when the change is on the disk. */
  write<T>(change: () => T): Promise<T>;
  /** The same, a little later, so that changes that come one by one share a commit; in the order they were asked for. */
  writeSoon<T>(change: () => T): Promise<T>;
  close(): Promise<void>;
}

/** Commits block the program while the disk is written: those of changes that may wait take a little of its time at most. */
const soon = { leastMs: 25, mostMs: 2000, timesCommit: 20 };

/** Of whoever writes; the second is how much of the file may be held in memory, in KiB, should so much be touched. */
const settings = ["PRAGMA synchronous = EXTRA", "PRAGMA cache_size = -65536"];

interface Waiting {
  readonly change: () => void;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Throws what `explain` makes of SQLite's errors. Nothing is read or written yet. */
export function connect(path: string, busyTimeoutMs: number): Database & { exec(sql: string): void } {
  const connection = attempt(path, () => new DatabaseSync(path, { timeout: busyTimeoutMs }));
  const statements = new Map<string, StatementSync>();
  let waiting: Waiting[] = [];
  let isDue = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let [commitMs, committedAt] = [0, -Infinity];
  let broken: unknown;
  let isSet = false;
  let isClosed = false;

  const prepare = (sql: string): StatementSync => {
    let statement = statements.get(sql);
    if (statement === undefined) statements.set(sql, statement = connection.prepare(sql));
    return statement;
  };
  const run = (sql: string, ...values: Value[]) => Number(prepare(sql).run(...values).changes);
  const rollBack = () => {
    if (connection.isTransaction) connection.exec("ROLLBACK");
  };

  function flush(): void {
    const group = waiting;
    if (group.length === 0) return;
    waiting = [];
    isDue = false;
    clearTimeout(timer);
    timer = undefined;
    const settled: (() => void)[] = [];
    try {
      if (broken !== undefined) throw broken;
      if (!isSet) settings.forEach((setting) => connection.exec(setting));
      isSet = true;
      run("BEGIN IMMEDIATE");
      for (const one of group) {
        run("SAVEPOINT change");
        try {
          one.change();
          settled.push(one.done);
        } catch (error) {
          if (isInputOutputError(error) || !connection.isTransaction) throw error;
          run("ROLLBACK TO change");
          settled.push(() => one.failed(explain(error, path)));
        }
        run("RELEASE change");
      }
      const before = performance.now();
      run("COMMIT");
      committedAt = performance.now();
      commitMs = committedAt - before;
    } catch (error) {
      // After a failed fsync SQLite takes the next write as if nothing had been: nothing more is written.
      if (isInputOutputError(error)) broken = error;
      try {
        rollBack();
      } catch (failure) {
        broken ??= failure;
      }
      const explained = explain(error, path);
      return group.forEach((one) => one.failed(explained));
    }
    settled.forEach((settle) => settle());
  }

  const enqueue = <T>(change: () => T): Promise<T> =>
    new Promise<T>((resolve, failed) => {
      let result: T;
      waiting.push({ change: () => void (result = change()), done: () => resolve(result), failed });
    });

  return {
    path,
    exec: (sql) => attempt(path, () => connection.exec(sql)),
    all: (sql, ...values) => prepare(sql).all(...values),
    get: (sql, ...values) => prepare(sql).get(...values),
    run,
    read(query) {
      return Promise.try(() => {
        flush();
        return attempt(path, () => {
          run("BEGIN");
          try {
            return query();
          } finally {
            rollBack();
          }
        });
      });
    },
    write(change) {
      // After the turn of the event loop, so that all requests which it read are committed together.
      if (!isDue) setImmediate(flush);
      isDue = true;
      return enqueue(change);
    },
    writeSoon(change) {
      const restMs = committedAt + soon.timesCommit * commitMs - performance.now();
      if (!isDue) timer ??= setTimeout(flush, Math.min(soon.mostMs, Math.max(soon.leastMs, restMs)));
      return enqueue(change);
    },
    close() {
      return Promise.try(() => {
        flush();
        statements.clear();
        if (!isClosed) connection.close();
        isClosed = true;
      });
    },
  };
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw explain(error, path);
  }
}
