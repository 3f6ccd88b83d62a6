import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "../../lib/clock.ts";
import type { Unpacked, UnpackInput } from "./unpack.ts";
import type { UnpackAnswer } from "./unpack-worker.ts";

/** An idle worker costs some 10 MB: it goes after this long. */
const IDLE_MS = 5_000;

interface Job {
  readonly input: UnpackInput;
  readonly resolve: (unpacked: Unpacked) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | undefined;
  idle: Timer | undefined;
}

/** Threads that unpack layers, started when there is work and ended when there is none. */
export class UnpackPool {
  readonly #size: number;
  readonly #clock: Clock;
  /** Called when the last thread has gone. */
  readonly #idle: () => void;
  readonly #waiting: Job[] = [];
  readonly #threads = new Set<Thread>();

  constructor(options: { size: number; clock: Clock; onIdle: () => void }) {
    this.#size = options.size;
    this.#clock = options.clock;
    this.#idle = options.onIdle;
  }

  unpack(input: UnpackInput): Promise<Unpacked> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      this.#next();
    });
  }

  /** Ends all threads; what was being unpacked rejects. */
  async close(): Promise<void> {
    for (const thread of this.#threads) thread.idle?.cancel();
    await Promise.all([...this.#threads].map((thread) => thread.worker.terminate()));
  }

  #next(): void {
    if (this.#waiting.length === 0) return;
    const free = [...this.#threads].find((thread) => thread.job === undefined);
    if (free === undefined && this.#threads.size >= this.#size) return;
    const thread = free ?? this.#start();
    thread.idle?.cancel();
    thread.job = this.#waiting.shift() as Job;
    thread.worker.ref();
    thread.worker.postMessage(thread.job.input);
  }

  #start(): Thread {
    const worker = new Worker(new URL("./unpack-worker.ts", import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: 256 } });
    const thread: Thread = { worker, job: undefined, idle: undefined };
    this.#threads.add(thread);
    worker.on("message", (answer: UnpackAnswer) => {
      const job = this.#finish(thread);
      if ("ok" in answer) job?.resolve(answer.ok);
      else job?.reject(new Error(answer.error));
    });
    const failed = (error: Error) => {
      this.#threads.delete(thread);
      this.#finish(thread)?.reject(error);
    };
    worker.on("error", failed);
    worker.on("exit", () => failed(new Error("the unpacking thread ended early")));
    return thread;
  }

  /** The thread's job is over: it takes the next one, or goes after a while. */
  #finish(thread: Thread): Job | undefined {
    const { job } = thread;
    thread.job = undefined;
    thread.idle?.cancel();
    thread.worker.unref();
    if (this.#threads.has(thread)) thread.idle = this.#clock.after(IDLE_MS, () => this.#end(thread), { background: true });
    this.#next();
    return job;
  }

  #end(thread: Thread): void {
    this.#threads.delete(thread);
    void thread.worker.terminate().then(() => {
      if (this.#threads.size === 0) this.#idle();
    });
  }
}
