import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { LogWriter, WriterBrokenError } from "./log-writer.ts";
import { PackReader, PackWriter } from "./packing.ts";
import { type BatchMessage, DATABASE_FILE, type ReplyMessage, unpackRequest, type WorkerReady } from "./protocol.ts";
import { prepareSchema } from "./schema.ts";
import { Sweeper } from "./sweeper.ts";

/** The worker thread of the embedded store: the only writer of the database. Batches come in, each is answered once it is durable. */

/** Most batches committed together. */
const MAX_GROUP = 16;

/** Page cache of this connection in KiB. */
const CACHE_KIB = 8_192;
/** Several objects to a page; larger ones would cost single commits more. */
const PAGE_BYTES = 8_192;
/** 16 MiB of WAL: fewer checkpoints, each short enough for the writes that wait for it. */
const CHECKPOINT_PAGES = 2_000;
/** The WAL file is cut back to this after a checkpoint. */
const WAL_LIMIT_BYTES = 67_108_864;

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 10_000 });
  try {
    database.exec(`
      PRAGMA page_size = ${PAGE_BYTES};
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -${CACHE_KIB};
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
      PRAGMA temp_store = MEMORY;
      PRAGMA journal_size_limit = ${WAL_LIMIT_BYTES};
    `);
    checkDurable(database);
    prepareSchema(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLite's number for synchronous = FULL: fsync of the WAL at every commit. */
const SYNCHRONOUS_FULL = 2;

/** SQLite does not say when it cannot do what a PRAGMA asks. @throws Error */
function checkDurable(database: DatabaseSync): void {
  const journal = database.prepare("PRAGMA journal_mode").get()?.["journal_mode"];
  if (journal !== "wal") throw new Error(`the file system of the data folder cannot hold a SQLite WAL (journal mode is ${String(journal)}): use a local one`);
  const synchronous = database.prepare("PRAGMA synchronous").get()?.["synchronous"];
  if (synchronous !== SYNCHRONOUS_FULL) throw new Error(`SQLite does not write durably here (synchronous is ${String(synchronous)})`);
}

class Loop {
  readonly #port: MessagePort;
  readonly #database: DatabaseSync;
  readonly #writer: LogWriter;
  readonly #sweeper: Sweeper;
  #sweeping = false;
  /** The compacted revision that everything is swept for. */
  #sweptFor = 0;

  constructor(port: MessagePort, database: DatabaseSync) {
    this.#port = port;
    this.#database = database;
    this.#writer = new LogWriter(database);
    this.#sweeper = new Sweeper(database);
    this.#sweepLater();
  }

  onMessage(message: BatchMessage | "close"): void {
    let next: BatchMessage | "close" | undefined = message;
    const group: BatchMessage[] = [];
    while (next !== undefined && next !== "close") {
      group.push(next);
      next = group.length < MAX_GROUP ? receiveMessageOnPort(this.#port)?.message : undefined;
    }
    if (group.length > 0) this.#commit(group);
    if (next === "close") this.#close();
  }

  #commit(group: readonly BatchMessage[]): void {
    const replies: PackWriter[] = [];
    try {
      this.#writer.group(() => {
        for (const batch of group) replies.push(this.#apply(batch));
      });
    } catch (error) {
      // Ends this thread; the store starts another.
      if (error instanceof WriterBrokenError) throw error;
      const failed: ReplyMessage = { type: "failed", reason: error instanceof Error ? error.message : String(error) };
      for (const _ of group) this.#port.postMessage(failed);
      return;
    }
    for (const reply of replies) {
      const bytes = reply.finish();
      this.#port.postMessage({ type: "reply", bytes } satisfies ReplyMessage, [bytes.buffer]);
    }
    if (this.#writer.compactRevision > this.#sweptFor) this.#sweepLater();
  }

  #apply({ bytes, count }: BatchMessage): PackWriter {
    const input = new PackReader(bytes);
    const out = new PackWriter();
    for (let i = 0; i < count; i++) this.#writer.apply(unpackRequest(input), out);
    return out;
  }

  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    setImmediate(() => {
      this.#sweeping = false;
      if (!this.#database.isOpen) return;
      if (this.#trySweep()) this.#sweepLater();
    });
  }

  /** Returns whether there is more to do. A sweep that fails (the disk is full) is tried again after the next commit that succeeds. */
  #trySweep(): boolean {
    const compactRevision = this.#writer.compactRevision;
    try {
      if (this.#sweeper.step()) return true;
      this.#sweptFor = compactRevision;
      return false;
    } catch {
      return false;
    }
  }

  #close(): void {
    this.#database.close();
    this.#port.close();
  }
}

/** Starts the loop on the port of this worker. */
function start(port: MessagePort, dataDir: string): void {
  let loop: Loop;
  try {
    loop = new Loop(port, openDatabase(join(dataDir, DATABASE_FILE)));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // The low byte is the primary code.
    const code = error instanceof Error && "errcode" in error ? Number(error.errcode) % 256 : 0;
    port.postMessage({ type: "refused", reason, code } satisfies WorkerReady);
    port.close();
    return;
  }
  port.on("message", (message: BatchMessage | "close") => loop.onMessage(message));
  port.postMessage({ type: "ready" } satisfies WorkerReady);
}

if (parentPort !== null) start(parentPort, (workerData as { dataDir: string }).dataDir);
