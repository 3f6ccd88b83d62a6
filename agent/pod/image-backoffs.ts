import { type BackoffEntry, backoffUntil, nextBackoff } from "./crash-backoff.ts";

interface Entry {
  backoff: BackoffEntry;
  failedAt_ms: number;
  message: string;
}

/** Failed pulls per pod and image: 10 s, doubling to 5 min. */
export class ImageBackoffs {
  readonly #entries = new Map<string, Map<string, Entry>>();

  /** Until when not to pull, and what the last pull said; undefined: pull. */
  waiting(uid: string, image: string, now_ms: number): { readonly until_ms: number; readonly message: string } | undefined {
    const entry = this.#entries.get(uid)?.get(image);
    if (entry === undefined) return undefined;
    const until_ms = backoffUntil(entry.backoff, entry.failedAt_ms);
    return now_ms < until_ms ? { until_ms, message: entry.message } : undefined;
  }

  failed(uid: string, image: string, message: string, now_ms: number): void {
    const ofPod = this.#entries.get(uid) ?? new Map<string, Entry>();
    this.#entries.set(uid, ofPod);
    const old = ofPod.get(image);
    ofPod.set(image, { backoff: nextBackoff(old?.backoff, now_ms, now_ms), failedAt_ms: now_ms, message });
  }

  succeeded(uid: string, image: string): void {
    this.#entries.get(uid)?.delete(image);
  }

  forget(uid: string): void {
    this.#entries.delete(uid);
  }
}
