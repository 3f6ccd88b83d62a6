/**
 * Time as a constructor argument, so that tests and the simulator can run the unmodified code on virtual time.
 * Only this file and lib/virtual-clock.ts touch the machine's clock and timers.
 */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. */
  now_ms(): number;
  /** Monotonic clock, milliseconds since an arbitrary start; fractions count. */
  monotonic_ms(): number;
  /** Calls `callback` once after `delay_ms`. The timer keeps the process alive unless `background` is set. */
  after(delay_ms: number, callback: () => void, options?: { background?: boolean }): Timer;
  /** Resolves after `delay_ms`; rejects with the signal's reason when `signal` aborts first. */
  sleep(delay_ms: number, signal?: AbortSignal): Promise<void>;
}

/** setTimeout fires at once for delays beyond this many milliseconds (2^31-1). */
const MAX_TIMEOUT_MS = 2_147_483_647;

export const systemClock: Clock = {
  now_ms: () => Date.now(),
  monotonic_ms: () => performance.now(),
  after(delay_ms, callback, options) {
    const handle = setTimeout(callback, Math.min(Math.max(0, delay_ms), MAX_TIMEOUT_MS));
    if (options?.background) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  sleep(delay_ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(handle);
        reject(signal?.reason);
      };
      const handle = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, Math.min(Math.max(0, delay_ms), MAX_TIMEOUT_MS));
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  },
};

/** The second that was asked for last: most times are written as they are now. */
let lastSecond_ms = 0;
let lastText = "1970-01-01T00:00:00Z";

/** `2026-01-02T15:04:05Z`: metav1.Time as Kubernetes writes it, fractions cut. */
export function rfc3339(time_ms: number): string {
  if (!(time_ms >= lastSecond_ms && time_ms < lastSecond_ms + 1000)) {
    lastText = `${new Date(time_ms).toISOString().slice(0, 19)}Z`;
    lastSecond_ms = Math.floor(time_ms / 1000) * 1000;
  }
  return lastText;
}

/** `2026-01-02T15:04:05.000000Z`: metav1.MicroTime, always six digits. */
export function rfc3339Micro(time_ms: number): string {
  const micros = Math.floor((time_ms - Math.floor(time_ms)) * 1000);
  return `${new Date(time_ms).toISOString().slice(0, 23)}${String(micros).padStart(3, "0")}Z`;
}
