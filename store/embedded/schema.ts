import type { DatabaseSync } from "node:sqlite";

/** `Bert` as SQLite's application id: tells the file from other SQLite files. */
const APPLICATION_ID = 0x42657274;
/** Version of the tables below. */
export const SCHEMA_VERSION = 1;

/**
 * log: every version of every key, in order of writing; `value` is last so that the columns before it are read without its pages.
 *   version 0 is a deletion. `previous` is the id of the row that this one supersedes (deletions too), 0 when there was none.
 *   The newest row is never deleted: it says which id and revision come next.
 * head: the newest version of each key, and deleted keys (version 0) whose deletion is not compacted away.
 * state: one row. `swept_id`: rows of log up to it have been swept for `compact_revision`.
 */
const TABLES = `
CREATE TABLE log (
  id INTEGER PRIMARY KEY,
  revision INTEGER NOT NULL,
  key TEXT NOT NULL,
  create_revision INTEGER NOT NULL,
  version INTEGER NOT NULL,
  lease INTEGER NOT NULL,
  previous INTEGER NOT NULL,
  value BLOB
) STRICT;
CREATE TABLE head (
  key TEXT PRIMARY KEY,
  id INTEGER NOT NULL,
  mod_revision INTEGER NOT NULL,
  create_revision INTEGER NOT NULL,
  version INTEGER NOT NULL,
  lease INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX head_by_lease ON head (lease) WHERE lease <> 0;
CREATE TABLE lease (
  id INTEGER PRIMARY KEY,
  ttl_s INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  last_lease INTEGER NOT NULL,
  compact_revision INTEGER NOT NULL,
  swept_id INTEGER NOT NULL
) STRICT;
INSERT INTO state VALUES (1, 0, 0, 0);
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Of an empty store. */
export const FIRST_REVISION = 1;

/** The file is not ours, or of a version that this program does not know. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
}

/** Makes the tables in an empty file, checks the version of one that has them. @throws SchemaError */
export function prepareSchema(database: DatabaseSync): void {
  const version = pragma(database, "user_version");
  const application = pragma(database, "application_id");
  if (version === 0 && application === 0 && isEmpty(database)) {
    database.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT;`);
    return;
  }
  if (application !== APPLICATION_ID) throw new SchemaError("the file is a SQLite database of another program");
  if (version > SCHEMA_VERSION) {
    throw new SchemaError(`the file has format ${version}, this program knows formats up to ${SCHEMA_VERSION}: run the newer program that wrote it`);
  }
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
}
