import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { releaseCode, releaseHeap } from "../../lib/release-memory.ts";

/** How often it is looked at what the process does. */
const LOOK_EVERY_MS = 3_000;
/** Part of a core below which a process is at rest: renewing Leases and answering probes takes less. */
const REST_CPU = 0.05;
/** Collecting all garbage stops the process, for about a millisecond per MiB: what holds more is left to V8. */
const MAX_HEAP_BYTES = 160 << 20;
/** Less is not worth the work: of what was given back a third comes back by itself. */
const WORTH_BYTES = 24 << 20;
/** How long it must have been at rest: a pause in the work is no rest, and what works again would need it all again. */
const REST_MS = 120_000;
/** What only the start needed is given back at the first moment of rest within this time. */
const START_MS = 60_000;

/** What a process is made of, and how it gives memory back; tests put others in their place. */
export interface RestingParts {
  /** CPU time of all threads so far, resident bytes, and bytes in V8's heap. */
  usage(): { readonly cpu_ms: number; readonly rss_bytes: number; readonly heap_bytes: number };
  /** Gives back garbage and free memory of the heaps. */
  releaseHeap(): void;
  /** Lets go of code and constants of the executable: what is needed again comes back from the page cache. */
  releaseCode(): void;
}

const own: RestingParts = {
  usage() {
    const { user, system } = process.cpuUsage();
    return { cpu_ms: (user + system) / 1000, rss_bytes: process.memoryUsage.rss(), heap_bytes: process.memoryUsage().heapUsed };
  },
  releaseHeap,
  releaseCode,
};

/**
 * Gives back memory that only the start or a busy time needed, whenever the process is at rest: garbage that V8 would collect when there is more
 * of it, freed memory that the C library keeps, and pages of the executable that nobody will need soon. Where the system has no such ways (another
 * C library, no /proc, a Node without FFI) that is said once, and the process goes on without. Returns the way to stop.
 */
export function keepMemorySmall(clock: Clock, logger: Logger, parts: RestingParts = own): () => void {
  let before = parts.usage();
  let looked_ms = clock.monotonic_ms();
  let busy_ms = Number.NEGATIVE_INFINITY;
  let released_bytes: number | undefined;
  const started_ms = looked_ms;
  const look = (): void => {
    const now_ms = clock.monotonic_ms();
    const now = parts.usage();
    const isAtRest = now.cpu_ms - before.cpu_ms < REST_CPU * (now_ms - looked_ms);
    before = now;
    looked_ms = now_ms;
    if (!isAtRest) busy_ms = now_ms;
    const isStart = released_bytes === undefined && now_ms - started_ms <= START_MS;
    const hasRested = isAtRest && (isStart || now_ms - busy_ms >= REST_MS);
    if (hasRested && now.rss_bytes - (released_bytes ?? 0) >= WORTH_BYTES) {
      try {
        if (now.heap_bytes <= MAX_HEAP_BYTES) parts.releaseHeap();
        parts.releaseCode();
      } catch (error) {
        logger.info({ err: error }, "memory is not given back at rest: this system has not what it takes");
        return;
      }
      before = parts.usage();
      looked_ms = clock.monotonic_ms();
      released_bytes = before.rss_bytes;
      // What comes back at once is in use: the next time is after another rest.
      busy_ms = looked_ms;
    }
    timer = clock.after(LOOK_EVERY_MS, look, { background: true });
  };
  let timer = clock.after(LOOK_EVERY_MS, look, { background: true });
  return () => timer.cancel();
}
