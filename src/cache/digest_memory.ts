/**
 * Digests of files as they were seen: `<cache>/store/digests.sqlite`. It may be missing, damaged, newer or held by
 * somebody: then nothing is remembered, and files are read again. Each row is sealed, so that a damaged one is none.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Digest } from "../core/digest.ts";
import { sha256 } from "../core/sha256.ts";
import { removeFile } from "./entries.ts";
import { tryLockAlone } from "./locks.ts";
import { findInfo, openPlaces } from "./places.ts";

/** The newest format, and the only one that is read and written. */
const digestsVersion = 1;
/** `slui`, so that another program's database is not taken for one of ours. */
const applicationId = 0x736c7569;

export interface DigestMemory {
  /** What a file under `name` had as its digest while its stamp was this. */
  find(name: string, stamp: string): Digest | undefined;
  put(name: string, stamp: string, digest: Digest): void;
  /** The same of any text, which stands in the place of a digest. */
  findText(name: string, stamp: string): string | undefined;
  putText(name: string, stamp: string, text: string): void;
  /** Writes down what was put. */
  flush(): Promise<void>;
  close(): void;
}

export const digestsPath = (cache: string): string => join(cache, "store", "digests.sqlite");

const schema = `
CREATE TABLE IF NOT EXISTS digests (
  name TEXT PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL, seal TEXT NOT NULL, used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${digestsVersion};
`;

/** Primary result codes: https://www.sqlite.org/rescode.html. */
const [busy, corrupt, notADatabase] = [5, 11, 26];
const busyMs = 20;
const flushTries = 50;
/** 5 ms of work. */
const rowsAtOnce = 2000;
const dayMs = 86_400_000;

/** Opened at its first use. Not kept open while nothing is asked: it holds a file. */
export function openDigestMemory(cache: string, clock: () => number): DigestMemory {
  let state: State | undefined;
  const news = new Map<string, News>();

  const open = (): State => state ??= openDatabase(cache);

  function give(error: unknown): void {
    const code = resultCode(error);
    if (code === busy) return;
    close();
    state = code === corrupt || code === notADatabase ? "damaged" : "unusable";
  }

  function close(): void {
    if (isDatabase(state)) state.close();
    state = undefined;
  }

  function openToWrite(): State {
    // Who held it has let go, and what was not there may have been made by another process.
    if (!isDatabase(state) && state !== "unusable") state = undefined;
    const found = open();
    if (found === "damaged") removeDamaged(cache);
    if (found !== "damaged" && found !== "absent") return found;
    state = undefined;
    return createDatabase(cache) ? open() : "unusable";
  }

  function writeSome(database: DatabaseSync): boolean {
    const rows = [...news].slice(0, rowsAtOnce);
    try {
      write(database, rows, clock());
    } catch (error) {
      give(error);
      return false;
    }
    for (const [name] of rows) news.delete(name);
    return true;
  }

  function findText(name: string, stamp: string): string | undefined {
    const fresh = news.get(name);
    if (fresh !== undefined) return fresh.stamp === stamp ? fresh.text : undefined;
    const database = open();
    if (!isDatabase(database)) return undefined;
    try {
      const row = database.prepare("SELECT digest, seal, used_at FROM digests WHERE name = ? AND stamp = ?")
        .get(name, stamp);
      const text = row?.["digest"];
      if (typeof text !== "string" || row?.["seal"] !== sealOf(name, stamp, text)) return undefined;
      if (Number(row["used_at"]) < clock() - dayMs) news.set(name, { stamp, text });
      return text;
    } catch (error) {
      give(error);
      return undefined;
    }
  }

  return {
    findText,
    find(name, stamp) {
      const digest = Digest.safeParse(findText(name, stamp));
      return digest.success ? digest.data : undefined;
    },
    put: (name, stamp, digest) => void news.set(name, { stamp, text: digest }),
    putText: (name, stamp, text) => void news.set(name, { stamp, text }),
    async flush() {
      for (let tries = 0; news.size > 0 && tries < flushTries; tries++) {
        const database = openToWrite();
        if (database === "unusable") return;
        const isWritten = isDatabase(database) && writeSome(database);
        if (isWritten) tries = 0;
        await pause(isWritten ? 0 : 5 + Math.random() * 20);
      }
    },
    close,
  };
}

interface News {
  readonly stamp: string;
  readonly text: string;
}

type State = DatabaseSync | "absent" | "busy" | "damaged" | "unusable";

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const isDatabase = (state: unknown): state is DatabaseSync => typeof state === "object";

/** Half of a digest is enough against chance. */
const sealOf = (name: string, stamp: string, text: string): string =>
  sha256(`${name}\0${stamp}\0${text}`).slice(0, 32);

function write(database: DatabaseSync, news: Iterable<readonly [string, News]>, now: number): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    const insert = database.prepare(
      "INSERT OR REPLACE INTO digests (name, stamp, digest, seal, used_at) VALUES (?, ?, ?, ?, ?)",
    );
    for (const [name, { stamp, text }] of news) {
      insert.run(name, stamp, text, sealOf(name, stamp, text), now);
    }
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function openDatabase(cache: string): State {
  const places = openPlaces(cache);
  const path = digestsPath(cache);
  const infos = [path, `${path}-journal`, `${path}-wal`, `${path}-shm`].map(findInfo);
  if (infos.some((info) => info !== undefined && !info.isFile)) return "unusable";
  if (!places.isThere() || infos[0] === undefined) return "absent";
  return connect(path);
}

function connect(path: string): State {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: busyMs });
    // What a power loss takes with it is read again, and what it spoils is seen by the seals.
    database.exec("PRAGMA synchronous = OFF");
    const [version, id] = [numberOf(database, "user_version"), numberOf(database, "application_id")];
    if (version === digestsVersion && id === applicationId) return database;
    database.close();
    return version === 0 && id === 0 ? "damaged" : "unusable";
  } catch (error) {
    database?.close();
    const code = resultCode(error);
    return code === busy ? "busy" : code === corrupt || code === notADatabase ? "damaged" : "unusable";
  }
}

const numberOf = (database: DatabaseSync, pragma: string): number =>
  Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);

/** Makes the file whole under another name, so that nobody meets a half of it. False where nothing can be written. */
function createDatabase(cache: string): boolean {
  const path = digestsPath(cache);
  try {
    const places = openPlaces(cache);
    places.make();
    const part = places.part();
    const database = new DatabaseSync(part);
    try {
      database.exec("PRAGMA synchronous = OFF");
      database.exec(schema);
    } finally {
      database.close();
    }
    whenAlone(cache, () => {
      if (findInfo(path) === undefined) Deno.renameSync(part, path);
    });
    removeFile(part);
    return true;
  } catch {
    return false;
  }
}

/** Forgets what nobody asked for in three months. */
export function pruneDigests(cache: string, now: number): void {
  const database = openDatabase(cache);
  if (database === "damaged") return removeDamaged(cache);
  if (!isDatabase(database)) return;
  try {
    database.prepare("DELETE FROM digests WHERE used_at < ?").run(now - 90 * dayMs);
    const [pages, unused] = ["page_count", "freelist_count"].map((pragma) => numberOf(database, pragma));
    if (2 * unused! > pages!) database.exec("VACUUM");
  } catch {
    // The next time, then.
  } finally {
    database.close();
  }
}

function removeDamaged(cache: string): void {
  const path = digestsPath(cache);
  try {
    whenAlone(cache, () => {
      const again = connect(path);
      if (again === "busy") return;
      if (isDatabase(again) && isSound(again)) return again.close();
      if (isDatabase(again)) again.close();
      for (const each of [`${path}-journal`, `${path}-wal`, `${path}-shm`, path]) {
        if (findInfo(each)?.isFile === true) Deno.removeSync(each);
      }
    });
  } catch {
    // Files are read again, then.
  }
}

function isSound(database: DatabaseSync): boolean {
  try {
    return Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0] === "ok";
  } catch {
    return false;
  }
}

/** Does nothing where another process is at it. */
function whenAlone(cache: string, work: () => void): void {
  const held = tryLockAlone(cache, "digests");
  if (held === undefined) return;
  try {
    work();
  } finally {
    held.release();
  }
}

/** SQLite's primary result code. `exec()` of `node:sqlite` gives none, only SQLite's own words. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("errcode" in error && typeof error.errcode === "number") return error.errcode & 0xff;
  return codesByMessage.find(([words]) => error.message.startsWith(words))?.[1];
}

const codesByMessage = [
  ["file is not a database", notADatabase],
  ["database disk image is malformed", corrupt],
  ["database is locked", busy],
] as const;
