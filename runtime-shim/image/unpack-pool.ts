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

/** Threads that unpack layers, started when there is work and ended when there is none. */
export class UnpackPool {
  readonly #size: number;
  readonly #clock: Clock;
  readonly #waiting: Job[] = [];
  readonly #idle = new Map<Worker, Timer>();
  readonly #busy = new Set<Worker>();

  constructor(size: number, clock: Clock) {
    this.#size = size;
    this.#clock = clock;
  }

  unpack(input: UnpackInput): Promise<Unpacked> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      this.#next();
    });
  }

  /** Ends all threads; what was being unpacked rejects. */
  async close(): Promise<void> {
    for (const timer of this.#idle.values()) timer.cancel();
    await Promise.all([...this.#idle.keys(), ...this.#busy].map((worker) => worker.terminate()));
  }

  #next(): void {
    if (this.#waiting.length === 0) return;
    const [idle, timer] = this.#idle.entries().next().value ?? [];
    if (idle !== undefined) {
      timer?.cancel();
      this.#idle.delete(idle);
    }
    if (idle === undefined && this.#busy.size >= this.#size) return;
    const worker = idle ?? new Worker(new URL("./unpack-worker.ts", import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: 256 } });
    this.#run(worker, this.#waiting.shift() as Job);
  }

  #run(worker: Worker, job: Job): void {
    this.#busy.add(worker);
    const over = () => {
      worker.removeAllListeners();
      this.#busy.delete(worker);
    };
    worker.once("message", (answer: UnpackAnswer) => {
      over();
      this.#rest(worker);
      if ("ok" in answer) job.resolve(answer.ok);
      else job.reject(new Error(answer.error));
      this.#next();
    });
    const failed = (error: Error) => {
      over();
      job.reject(error);
      this.#next();
    };
    worker.once("error", failed);
    worker.once("exit", () => failed(new Error("the unpacking thread ended early")));
    worker.postMessage(job.input);
  }

  #rest(worker: Worker): void {
    worker.on("error", () => {});
    const timer = this.#clock.after(IDLE_MS, () => {
      this.#idle.delete(worker);
      void worker.terminate();
    }, { background: true });
    this.#idle.set(worker, timer);
  }
}
