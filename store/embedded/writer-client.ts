import type { Worker, WorkerOptions } from "node:worker_threads";
import type { Clock, Timer } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { UnavailableError } from "../store.ts";
import { PackReader, PackWriter } from "./packing.ts";
import { type BatchMessage, packRequest, type ReplyMessage, requestBytes, type WorkerReady, type WorkerRequest } from "./protocol.ts";

/** Takes the result of its request off the reply; what it returns runs after all results of the reply were taken. */
export type TakeResult = (result: PackReader) => () => void;

interface Pending {
  readonly request: WorkerRequest;
  readonly bytes: number;
  readonly take: TakeResult;
  readonly reject: (error: Error) => void;
}

export interface WriterClientOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after each reply, when all its results were taken and before any request of it resolves. */
  readonly onReply: () => void;
  /** Called after the worker was replaced: it may have committed what was never acknowledged. */
  readonly onRestart: () => void;
  readonly startWorker: StartWorker;
}

/** Starts a worker thread. */
export type StartWorker = (file: URL, options: WorkerOptions) => Worker;

/** Two: while the worker commits one batch, the next is on its way. */
const MAX_BATCHES_IN_FLIGHT = 2;
/** Fewer requests than this wait until nothing is under way: the worker would have to wait for its disk for each small batch, and both threads for one another. */
const MIN_SECOND_BATCH_REQUESTS = 128;
const MAX_BATCH_REQUESTS = 4_096;
const MAX_BATCH_BYTES = 8_388_608;
/** Bounds of what waits for the worker. */
const MAX_WAITING = 100_000;
const MAX_WAITING_BYTES = 134_217_728;
/** Between attempts to start another worker: doubled each time. */
const FIRST_RESTART_DELAY_MS = 100;
const MAX_RESTART_DELAY_MS = 5_000;

/** Node's heap of the worker: its own code, small; rows and batches live outside it. */
const WORKER_LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 };

/** The worker cannot open the database. */
export class WorkerRefusedError extends Error {
  override readonly name = "WorkerRefusedError";
  /** SQLite's primary result code, 0 when the reason is another. */
  readonly code: number;

  constructor(reason: string, code: number) {
    super(reason);
    this.code = code;
  }
}

/** The main thread's end of the worker: gathers requests into batches, matches replies, replaces a worker that died. */
export class WriterClient {
  readonly #options: WriterClientOptions;
  #worker: Worker | undefined;
  #waiting: Pending[] = [];
  #waitingBytes = 0;
  #inFlight: Pending[][] = [];
  #flushScheduled = false;
  #closing = false;
  #exited: Promise<void> = Promise.resolve();
  #restart: Timer | undefined;
  #starting: Promise<void> = Promise.resolve();

  constructor(options: WriterClientOptions) {
    this.#options = options;
  }

  /** Starts the worker. @throws WorkerRefusedError when it cannot open the database */
  async start(): Promise<void> {
    const worker = this.#options.startWorker(new URL("./worker.ts", import.meta.url), {
      name: "store",
      workerData: { dataDir: this.#options.dataDir },
      resourceLimits: WORKER_LIMITS,
      env: {},
    });
    const { promise: exited, resolve: onExit } = Promise.withResolvers<void>();
    this.#exited = exited;
    worker.on("exit", () => {
      onExit();
      this.#onExit(worker);
    });
    const ready = await firstMessage(worker);
    if (ready.type === "refused") {
      await exited;
      throw new WorkerRefusedError(ready.reason, ready.code);
    }
    worker.on("message", (reply: ReplyMessage) => this.#onReply(reply));
    worker.on("error", (error) => this.#options.logger.error({ err: error }, "the store's worker failed"));
    worker.unref();
    this.#worker = worker;
  }

  /** Queues a request; exactly one of `take` and `reject` is called. */
  submit(request: WorkerRequest, take: TakeResult, reject: (error: Error) => void): void {
    if (this.#closing) return reject(new UnavailableError("the store is closed"));
    if (this.#worker === undefined) return reject(new UnavailableError("the store's worker is restarting"));
    const bytes = requestBytes(request);
    if (this.#waiting.length >= MAX_WAITING || this.#waitingBytes + bytes > MAX_WAITING_BYTES) {
      return reject(new UnavailableError(`the store is overloaded: ${this.#waiting.length} requests wait`));
    }
    this.#waiting.push({ request, bytes, take, reject });
    this.#waitingBytes += bytes;
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  /** Waits for what is under way, then ends the worker. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#fail(this.#takeWaiting(), "the store is closed");
    this.#restart?.cancel();
    await this.#starting;
    const worker = this.#worker;
    if (worker === undefined) return;
    worker.ref();
    worker.postMessage("close");
    await this.#exited;
  }

  #flush(): void {
    while (this.#worker !== undefined && this.#maySend()) this.#send(this.#worker);
  }

  #maySend(): boolean {
    const waiting = this.#waiting.length;
    return this.#inFlight.length === 0 ? waiting > 0 : this.#inFlight.length < MAX_BATCHES_IN_FLIGHT && waiting >= MIN_SECOND_BATCH_REQUESTS;
  }

  #send(worker: Worker): void {
    let bytes = 0;
    let count = 0;
    while (count < this.#waiting.length && count < MAX_BATCH_REQUESTS && (count === 0 || bytes < MAX_BATCH_BYTES)) bytes += this.#waiting[count++]?.bytes ?? 0;
    const batch = this.#waiting.splice(0, count);
    this.#waitingBytes -= bytes;
    const out = new PackWriter(bytes + 1_024);
    for (const { request } of batch) packRequest(out, request);
    const message: BatchMessage = { bytes: out.finish(), count };
    if (this.#inFlight.length === 0) worker.ref();
    this.#inFlight.push(batch);
    worker.postMessage(message, [message.bytes.buffer]);
  }

  #onReply(reply: ReplyMessage): void {
    const batch = this.#inFlight.shift();
    if (batch === undefined) throw new Error("a reply without a batch");
    if (this.#inFlight.length === 0) this.#worker?.unref();
    if (reply.type === "failed") {
      this.#options.logger.error({ reason: reply.reason, requests: batch.length }, "the store could not commit");
      this.#fail(batch, `the store could not commit: ${reply.reason}`);
    } else {
      const input = new PackReader(reply.bytes);
      const resolves = batch.map(({ take }) => take(input));
      this.#options.onReply();
      for (const resolve of resolves) resolve();
    }
    this.#flush();
  }

  #onExit(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const lost = [...this.#inFlight.flat(), ...this.#takeWaiting()];
    this.#inFlight = [];
    this.#fail(lost, "the store's worker ended before it answered");
    if (!this.#closing) this.#restartLater();
  }

  #restartLater(delay_ms = FIRST_RESTART_DELAY_MS): void {
    this.#options.logger.error("the store's worker ended; starting another");
    this.#restart = this.#options.clock.after(delay_ms, () => {
      this.#starting = this.start().then(this.#options.onRestart, (error: unknown) => {
        this.#options.logger.error({ err: error }, "the store's worker could not start");
        if (!this.#closing) this.#restartLater(Math.min(MAX_RESTART_DELAY_MS, delay_ms * 2));
      });
    });
  }

  #takeWaiting(): Pending[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return waiting;
  }

  #fail(batch: readonly Pending[], reason: string): void {
    for (const { reject } of batch) reject(new UnavailableError(reason));
  }
}

function firstMessage(worker: Worker): Promise<WorkerReady> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the store's worker ended before it was ready")));
  });
}
