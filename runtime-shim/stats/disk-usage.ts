import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";

export interface DiskUsage {
  readonly bytes: number;
  readonly inodes: number;
}

interface Measured extends DiskUsage {
  readonly at_ms: number;
  readonly took_ms: number;
}

const FRESH_MS = 10_000;
/** A directory that takes long to count is counted seldom: at most this part of the time. */
const SHARE = 0.02;

/** How much directories hold, counted by walking them, one at a time, and remembered. */
export class DiskUsages {
  readonly #clock: Clock;
  readonly #measured = new Map<string, Measured>();
  readonly #running = new Map<string, Promise<void>>();
  #queue: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What was counted last; the first time for a path it is counted first. */
  async get(path: string): Promise<DiskUsage> {
    const known = this.#measured.get(path);
    if (known === undefined) await this.#refresh(path);
    else if (this.#clock.monotonic_ms() - known.at_ms > Math.max(FRESH_MS, known.took_ms / SHARE)) void this.#refresh(path);
    return this.#measured.get(path) ?? { bytes: 0, inodes: 0 };
  }

  forget(path: string): void {
    this.#measured.delete(path);
  }

  #refresh(path: string): Promise<void> {
    const running = this.#running.get(path);
    if (running !== undefined) return running;
    const mine = this.#queue.then(async () => {
      const start_ms = this.#clock.monotonic_ms();
      const usage = await measure(path).catch(() => ({ bytes: 0, inodes: 0 }));
      const at_ms = this.#clock.monotonic_ms();
      this.#measured.set(path, { ...usage, at_ms, took_ms: at_ms - start_ms });
      this.#running.delete(path);
    });
    this.#queue = mine;
    this.#running.set(path, mine);
    return mine;
  }
}

/** Bytes on disk and inodes of a tree, each hard-linked file once per link. Links are not followed; what goes meanwhile is not counted. */
async function measure(root: string): Promise<DiskUsage> {
  let bytes = 0;
  let inodes = 0;
  const pending = [root];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const stats = await lstat(directory);
    bytes += stats.blocks * 512;
    inodes++;
    for await (const entry of await opendir(directory)) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        pending.push(path);
        continue;
      }
      const file = await lstat(path).catch(() => undefined);
      bytes += (file?.blocks ?? 0) * 512;
      inodes++;
    }
  }
  return { bytes, inodes };
}
