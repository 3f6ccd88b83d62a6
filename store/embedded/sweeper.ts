import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Rows of log looked at in one transaction: bounds how long a write waits for the sweep. */
const ROWS_PER_STEP = 512;

type LogRow = [id: number, revision: number, previous: number, version: number, key: string];

/**
 * Deletes what compaction made unreadable, a step at a time. Each row of log up to the compacted revision makes the row that it
 * supersedes unreadable, and itself too when it is a deletion; so one pass over the rows, from where the last pass ended, is enough.
 * The newest row is left for later: the revision that comes next is told by it.
 */
export class Sweeper {
  readonly #database: DatabaseSync;
  readonly #state: StatementSync;
  readonly #rows: StatementSync;
  readonly #deleteRow: StatementSync;
  readonly #deleteHead: StatementSync;
  readonly #save: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#state = database.prepare("SELECT compact_revision, swept_id FROM state");
    this.#state.setReturnArrays(true);
    this.#rows = database.prepare("SELECT id, revision, previous, version, key FROM log WHERE id > ? AND id < (SELECT max(id) FROM log) ORDER BY id LIMIT ?");
    this.#rows.setReturnArrays(true);
    this.#deleteRow = database.prepare("DELETE FROM log WHERE id = ?");
    this.#deleteHead = database.prepare("DELETE FROM head WHERE key = ? AND id = ?");
    this.#save = database.prepare("UPDATE state SET swept_id = ?");
  }

  /** Sweeps some rows, durably. Returns whether there are more. */
  step(): boolean {
    const [compactRevision, sweptId] = this.#state.get() as unknown as [number, number];
    const rows = (this.#rows.all(sweptId, ROWS_PER_STEP) as unknown as LogRow[]).filter(([, revision]) => revision <= compactRevision);
    const last = rows.at(-1);
    if (last === undefined) return false;
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const row of rows) this.#sweep(row);
      this.#save.run(last[0]);
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
    return rows.length === ROWS_PER_STEP;
  }

  #sweep([id, , previous, version, key]: LogRow): void {
    if (previous !== 0) this.#deleteRow.run(previous);
    if (version !== 0) return;
    this.#deleteHead.run(key, id);
    this.#deleteRow.run(id);
  }
}
