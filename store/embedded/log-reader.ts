import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { KeyRange, KeyValue, StoreEvent } from "../store.ts";
import { FIRST_REVISION } from "./schema.ts";

/** Row of head joined with its newest row of log. */
type HeadRow = [key: string, modRevision: number, createRevision: number, version: number, lease: number, previous: number, value: Uint8Array | null];
type LogRow = [id: number, revision: number, key: string, createRevision: number, version: number, lease: number, previous: number, value: Uint8Array | null];
export interface Page {
  readonly items: readonly KeyValue[];
  /** Where the next page starts; absent when the range is exhausted. */
  readonly nextStart?: string;
}

export interface LogChunk {
  readonly events: readonly StoreEvent[];
  /** Everything up to this revision has been read. */
  readonly revision: number;
}

export interface StoredState {
  readonly revision: number;
  readonly compactRevision: number;
  readonly leases: readonly { readonly id: number; readonly ttl_s: number; readonly expires_ms: number }[];
}

const NOTHING = new Uint8Array(0);

/** Reads the tables as of a revision. Each call is one short synchronous read; the caller bounds it by items and bytes. */
export class LogReader {
  readonly #range: StatementSync;
  readonly #rangeKeys: StatementSync;
  readonly #oneItem: StatementSync;
  readonly #oneKey: StatementSync;
  readonly #version: StatementSync;
  readonly #count: StatementSync;
  readonly #newer: StatementSync;
  readonly #log: StatementSync;
  readonly #firstOf: StatementSync;
  readonly #lastId: StatementSync;
  readonly #newest: StatementSync;
  readonly #compacted: StatementSync;
  readonly #leases: StatementSync;

  constructor(database: DatabaseSync) {
    const rows = (sql: string): StatementSync => {
      const statement = database.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
    const columns = "h.key, h.mod_revision, h.create_revision, h.version, h.lease, l.previous";
    const from = "FROM head h CROSS JOIN log l ON l.id = h.id";
    const many = `${from} WHERE h.key >= ? AND h.key < ? ORDER BY h.key LIMIT ?`;
    this.#range = rows(`SELECT ${columns}, l.value ${many}`);
    this.#rangeKeys = rows(`SELECT ${columns}, NULL ${many}`);
    this.#oneItem = rows(`SELECT ${columns}, l.value ${from} WHERE h.key = ?`);
    this.#oneKey = rows(`SELECT ${columns}, NULL ${from} WHERE h.key = ?`);
    this.#version = rows("SELECT id, revision, key, create_revision, version, lease, previous, value FROM log WHERE id = ?");
    this.#count = rows("SELECT count(*) FILTER (WHERE version > 0 AND mod_revision <= ?), count(*) FILTER (WHERE mod_revision > ?) FROM head WHERE key >= ? AND key < ?");
    this.#newer = rows("SELECT id FROM head WHERE key >= ? AND key < ? AND mod_revision > ?");
    this.#log = rows("SELECT id, revision, key, create_revision, version, lease, previous, value FROM log WHERE id >= ? AND id < ? AND key >= ? AND key < ? ORDER BY id");
    this.#firstOf = rows("SELECT id, revision FROM log WHERE id >= ? ORDER BY id LIMIT 1");
    this.#newest = rows("SELECT revision FROM log ORDER BY id DESC LIMIT 1");
    this.#compacted = rows("SELECT compact_revision FROM state");
    this.#leases = rows("SELECT id, ttl_s, expires_ms FROM lease");
    this.#lastId = rows("SELECT max(id) FROM log");
  }

  /** The newest revision in the file, acknowledged or not, the one that it is compacted to, and its leases. */
  state(): StoredState {
    const revision = (this.#newest.get() as unknown as [number] | undefined)?.[0] ?? FIRST_REVISION;
    const compactRevision = (this.#compacted.get() as unknown as [number])[0];
    const leases = (this.#leases.all() as unknown as [number, number, number][]).map(([id, ttl_s, expires_ms]) => ({ id, ttl_s, expires_ms }));
    return { revision, compactRevision, leases };
  }

  /** Items of the range as of `revision`: at most `limit`, and few more once they have `maxBytes`. */
  page({ start, end }: KeyRange, revision: number, limit: number, maxBytes: number, keysOnly: boolean): Page {
    if (end === `${start}\0`) return { items: this.#one(start, revision, keysOnly) };
    const statement = keysOnly ? this.#rangeKeys : this.#range;
    const items: KeyValue[] = [];
    let bytes = 0;
    let next = start;
    for (let wanted = FIRST_ROWS; ; ) {
      const asked = Math.min(wanted, limit - items.length + 1);
      const rows = statement.all(next, end, asked) as unknown as HeadRow[];
      for (const row of rows) {
        const item = this.#item(row, revision, keysOnly);
        if (item === undefined) continue;
        if (items.length === limit) return { items, nextStart: row[0] };
        items.push(item);
        bytes += item.value.byteLength + item.key.length;
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < asked) return { items };
      next = `${last[0]}\0`;
      if (bytes >= maxBytes) return { items, nextStart: next };
      wanted = Math.min(MAX_ROWS, Math.max(1, Math.floor((maxBytes - bytes) / (bytes / Math.max(1, items.length) + 1))));
    }
  }

  /** Keys in the range as of `revision`. */
  count({ start, end }: KeyRange, revision: number): number {
    const [current, newer] = this.#count.get(revision, revision, start, end) as unknown as [number, number];
    if (newer === 0) return current;
    let count = current;
    for (const [id] of this.#newer.all(start, end, revision) as unknown as [number][]) {
      if (this.#asOf(id, revision, true) !== undefined) count++;
    }
    return count;
  }

  /** The version of a key that row `id` of log holds; undefined when it is a deletion or compacted away. */
  version(id: number): KeyValue | undefined {
    const row = this.#version.get(id) as unknown as LogRow | undefined;
    return row === undefined || row[4] === 0 ? undefined : toKeyValue(row);
  }

  /**
   * Events of the range with fromRevision <= revision <= toRevision. Reads on to a whole revision once it has looked at WINDOW_ROWS rows of
   * log or has `maxEvents` or `maxBytes`.
   */
  events(range: KeyRange, fromRevision: number, toRevision: number, maxEvents: number, maxBytes: number, previous: boolean): LogChunk {
    const firstId = this.#firstId(fromRevision);
    const { endId, revision } = this.#window(firstId, fromRevision, toRevision);
    const events: StoreEvent[] = [];
    let bytes = 0;
    for (const row of this.#log.iterate(firstId, endId, range.start, range.end) as Iterable<unknown>) {
      const logRow = row as LogRow;
      const last = events.at(-1)?.revision;
      if (last !== undefined && last !== logRow[1] && (events.length >= maxEvents || bytes >= maxBytes)) return { events, revision: last };
      events.push(this.#event(logRow, previous));
      bytes += (logRow[7]?.byteLength ?? 0) + logRow[2].length;
    }
    return { events, revision };
  }

  /** Rows from `firstId` up to `endId`, about WINDOW_ROWS, that hold all of the revisions up to `revision`. */
  #window(firstId: number, fromRevision: number, toRevision: number): { readonly endId: number; readonly revision: number } {
    const next = this.#firstOf.get(firstId + WINDOW_ROWS) as unknown as [id: number, revision: number] | undefined;
    if (next === undefined || next[1] > toRevision) return { endId: this.#firstId(toRevision + 1), revision: toRevision };
    // The next row's revision may have begun within the window: it is left out, or, where there is no other, read whole.
    const revision = Math.max(next[1] - 1, fromRevision);
    return { endId: this.#firstId(revision + 1), revision };
  }

  #event(row: LogRow, wantPrevious: boolean): StoreEvent {
    const [, revision, key, , version, , previousId] = row;
    const previous = wantPrevious && previousId !== 0 ? this.version(previousId) : undefined;
    const rest = previous === undefined ? undefined : { previous };
    return version === 0 ? { type: "delete", key, revision, ...rest } : { type: "put", key, revision, current: toKeyValue(row), ...rest };
  }

  #one(key: string, revision: number, keysOnly: boolean): KeyValue[] {
    const row = (keysOnly ? this.#oneKey : this.#oneItem).get(key) as unknown as HeadRow | undefined;
    const item = row === undefined ? undefined : this.#item(row, revision, keysOnly);
    return item === undefined ? [] : [item];
  }

  #item([key, modRevision, createRevision, version, lease, previous, value]: HeadRow, revision: number, keysOnly: boolean): KeyValue | undefined {
    if (modRevision > revision) return this.#asOf(previous, revision, keysOnly);
    return version === 0 ? undefined : { key, value: value ?? NOTHING, createRevision, modRevision, version, lease };
  }

  #asOf(newest: number, revision: number, keysOnly: boolean): KeyValue | undefined {
    for (let id = newest; id !== 0; ) {
      const row = this.#version.get(id) as unknown as LogRow | undefined;
      if (row === undefined) return undefined;
      if (row[1] > revision) {
        id = row[6];
        continue;
      }
      if (row[4] === 0) return undefined;
      return keysOnly ? { ...toKeyValue(row), value: NOTHING } : toKeyValue(row);
    }
    return undefined;
  }

  /** The first row of log whose revision is at least `revision`: ids and revisions grow together. */
  #firstId(revision: number): number {
    let low = 1;
    let high = ((this.#lastId.get() as unknown as [number | null])[0] ?? 0) + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = this.#firstOf.get(middle) as unknown as [number, number] | undefined;
      if (row === undefined || row[1] >= revision) high = middle;
      else low = row[0] + 1;
    }
    return low;
  }
}

/** Rows asked for at first, and at most at once. */
const FIRST_ROWS = 64;
const MAX_ROWS = 1_024;
/** Rows of log looked at in one call of `events`. */
const WINDOW_ROWS = 8_192;

function toKeyValue([, modRevision, key, createRevision, version, lease, , value]: LogRow): KeyValue {
  return { key, value: value ?? NOTHING, createRevision, modRevision, version, lease };
}
