import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Operation, TxnRequest } from "../store.ts";
import type { PackWriter } from "./packing.ts";
import { RequestKind, Status, type WorkerRequest } from "./protocol.ts";
import { FIRST_REVISION } from "./schema.ts";

interface Head {
  readonly id: number;
  readonly modRevision: number;
  readonly createRevision: number;
  /** 0: deleted. */
  readonly version: number;
  readonly lease: number;
}

/** Only a new connection can help. */
export class WriterBrokenError extends Error {
  override readonly name = "WriterBrokenError";
}

interface Counters {
  revision: number;
  lastId: number;
  lastLease: number;
  compactRevision: number;
}

const NO_LEASE = 0;

/**
 * Applies requests to the tables, inside the SQLite transaction that `group` opens: each request gets its own revision and sees
 * what those before it in the group did, and all become durable together.
 */
export class LogWriter {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  #counters: Counters;
  #lastKey: string | undefined;
  #lastHead: Head | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = prepare(database);
    this.#counters = this.#load();
  }

  get compactRevision(): number {
    return this.#counters.compactRevision;
  }

  /** Runs `work` and makes what it did durable. When it throws, nothing was done. @throws WriterBrokenError when it cannot go on after that */
  group(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#abandon();
      throw error;
    }
  }

  /** Does one request and appends its result to `out`. */
  apply(request: WorkerRequest, out: PackWriter): void {
    switch (request.kind) {
      case RequestKind.txn:
        return this.#txn(request.txn, out);
      case RequestKind.grantLease:
        return this.#grant(request.ttl_s, request.expires_ms, out);
      case RequestKind.keepAliveLease:
        return out.u8(this.#statements.keepAlive.run(request.expires_ms, request.lease).changes === 0 ? Status.leaseNotFound : Status.ok);
      case RequestKind.revokeLease:
        return this.#revoke(request.lease, out);
      case RequestKind.compact:
        return this.#compact(request.revision, out);
    }
  }

  #txn(txn: TxnRequest, out: PackWriter): void {
    for (const { key, modRevision } of txn.compare) {
      const head = this.#head(key);
      if ((head === undefined || head.version === 0 ? 0 : head.modRevision) !== modRevision) return this.#failed(txn, out);
    }
    for (const operation of txn.operations) {
      if (operation.type === "put" && operation.lease && this.#statements.lease.get(operation.lease) === undefined) {
        out.u8(Status.leaseNotFound);
        return out.f64(operation.lease);
      }
    }
    const next = this.#counters.revision + 1;
    out.u8(Status.ok);
    const writes = txn.operations.map((operation) => this.#operation(operation, next));
    const wrote = writes.some((write) => write.written);
    if (wrote) this.#counters.revision = next;
    out.f64(this.#counters.revision);
    for (const { createRevision, version, previous } of writes) {
      out.f64(createRevision);
      out.f64(version);
      out.f64(previous);
    }
  }

  #operation(operation: Operation, revision: number): { written: boolean; createRevision: number; version: number; previous: number } {
    const head = this.#head(operation.key);
    const alive = head !== undefined && head.version > 0;
    if (operation.type === "delete") {
      if (!alive) return { written: false, createRevision: 0, version: 0, previous: 0 };
      this.#append(operation.key, revision, head, 0, 0, NO_LEASE, null);
      return { written: true, createRevision: 0, version: 0, previous: head.id };
    }
    const createRevision = alive ? head.createRevision : revision;
    const version = alive ? head.version + 1 : 1;
    this.#append(operation.key, revision, head, createRevision, version, operation.lease ?? NO_LEASE, operation.value);
    return { written: true, createRevision, version, previous: alive ? head.id : 0 };
  }

  #append(key: string, revision: number, head: Head | undefined, createRevision: number, version: number, lease: number, value: Uint8Array | null): void {
    const id = ++this.#counters.lastId;
    this.#lastKey = undefined;
    this.#statements.append.run(id, revision, key, createRevision, version, lease, head?.id ?? 0, value);
    if (head === undefined) this.#statements.insertHead.run(key, id, revision, createRevision, version, lease);
    else this.#statements.updateHead.run(id, revision, createRevision, version, lease, key);
  }

  #failed(txn: TxnRequest, out: PackWriter): void {
    out.u8(Status.compareFailed);
    out.f64(this.#counters.revision);
    for (const key of txn.readOnFailure ?? []) {
      const head = this.#head(key);
      if (head === undefined || head.version === 0) {
        out.u8(0);
        continue;
      }
      out.u8(1);
      out.f64(head.createRevision);
      out.f64(head.modRevision);
      out.f64(head.version);
      out.f64(head.lease);
      out.bytes((this.#statements.value.get(head.id) as unknown as [Uint8Array])[0]);
    }
  }

  #grant(ttl_s: number, expires_ms: number, out: PackWriter): void {
    const id = ++this.#counters.lastLease;
    this.#statements.saveLastLease.run(id);
    this.#statements.grant.run(id, ttl_s, expires_ms);
    out.u8(Status.ok);
    out.f64(id);
  }

  #revoke(lease: number, out: PackWriter): void {
    if (this.#statements.revoke.run(lease).changes === 0) return out.u8(Status.leaseNotFound);
    const keys = (this.#statements.leaseKeys.all(lease) as unknown as [string][]).map(([key]) => key);
    const next = this.#counters.revision + 1;
    if (keys.length > 0) this.#counters.revision = next;
    out.u8(Status.ok);
    out.f64(this.#counters.revision);
    out.u32(keys.length);
    for (const key of keys) {
      out.text(key);
      out.f64(this.#operation({ type: "delete", key }, next).previous);
    }
  }

  #compact(revision: number, out: PackWriter): void {
    if (revision <= this.#counters.compactRevision) return out.u8(Status.compacted);
    this.#counters.compactRevision = revision;
    this.#statements.saveCompacted.run(revision);
    out.u8(Status.ok);
  }

  /** A transaction mostly compares the key that it then writes: the last one looked up is kept. */
  #head(key: string): Head | undefined {
    if (key !== this.#lastKey) {
      this.#lastHead = this.#readHead(key);
      this.#lastKey = key;
    }
    return this.#lastHead;
  }

  #readHead(key: string): Head | undefined {
    const row = this.#statements.head.get(key) as unknown as [number, number, number, number, number] | undefined;
    if (row === undefined) return undefined;
    return { id: row[0], modRevision: row[1], createRevision: row[2], version: row[3], lease: row[4] };
  }

  /** Undoes the open transaction, and the counters with it. */
  #abandon(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      this.#lastKey = undefined;
      this.#counters = this.#load();
    } catch (error) {
      throw new WriterBrokenError("the database cannot be used any more", { cause: error });
    }
  }

  #load(): Counters {
    const [lastLease, compactRevision] = this.#statements.loadState.get() as unknown as [number, number];
    const [lastId, revision] = (this.#statements.newest.get() as unknown as [number, number] | undefined) ?? [0, FIRST_REVISION];
    return { revision, lastId, lastLease, compactRevision };
  }
}

type Statements = ReturnType<typeof prepare>;

function prepare(database: DatabaseSync) {
  const rows = (sql: string): StatementSync => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  };
  return {
    head: rows("SELECT id, mod_revision, create_revision, version, lease FROM head WHERE key = ?"),
    value: rows("SELECT value FROM log WHERE id = ?"),
    append: database.prepare("INSERT INTO log (id, revision, key, create_revision, version, lease, previous, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
    insertHead: database.prepare("INSERT INTO head (key, id, mod_revision, create_revision, version, lease) VALUES (?, ?, ?, ?, ?, ?)"),
    updateHead: database.prepare("UPDATE head SET id = ?, mod_revision = ?, create_revision = ?, version = ?, lease = ? WHERE key = ?"),
    lease: rows("SELECT 1 FROM lease WHERE id = ?"),
    leaseKeys: rows("SELECT key FROM head WHERE lease = ? AND lease <> 0 ORDER BY key"),
    grant: database.prepare("INSERT INTO lease (id, ttl_s, expires_ms) VALUES (?, ?, ?)"),
    keepAlive: database.prepare("UPDATE lease SET expires_ms = ? WHERE id = ?"),
    revoke: database.prepare("DELETE FROM lease WHERE id = ?"),
    loadState: rows("SELECT last_lease, compact_revision FROM state"),
    newest: rows("SELECT id, revision FROM log ORDER BY id DESC LIMIT 1"),
    saveLastLease: database.prepare("UPDATE state SET last_lease = ?"),
    saveCompacted: database.prepare("UPDATE state SET compact_revision = ?"),
  };
}
