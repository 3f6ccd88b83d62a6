/** What a reconcile answers: done, or look again after some time. Throwing means: again, with this key's backoff. */
export type ReconcileResult = { readonly requeueAfter_ms?: number } | void;

export interface WorkQueue<K> {
  /** Adds a key to be worked on; one that waits already is not added twice, one in work is worked on again afterwards. */
  add(key: K): void;
  /** Adds after a delay; an earlier time for the same key wins. */
  addAfter(key: K, delay_ms: number): void;
  /** Adds after this key's backoff, which doubles with each call until `forget`. */
  addRateLimited(key: K): void;
  /** Resets this key's backoff. */
  forget(key: K): void;
  /** How often addRateLimited was called since the last forget. */
  failures(key: K): number;
  /** Keys that are ready to be worked on. */
  readonly length: number;
  /** Keys in work. */
  readonly active: number;
  /** Works on keys, at most `concurrency` at once and never one key twice at once, until `signal` aborts and those in work are done. */
  run(options: { concurrency: number; signal: AbortSignal; reconcile(key: K, signal: AbortSignal): Promise<ReconcileResult>; onError?(key: K, error: unknown): void }): Promise<void>;
}
