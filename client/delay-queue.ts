import type { Clock, Timer } from "../lib/clock.ts";

interface Entry<K> {
  readonly key: K;
  readonly due_ms: number;
}

/** Keys that become due later; the earliest time of a key wins. One timer, a binary heap; superseded entries are skipped when they come up. */
export class DelayQueue<K> {
  readonly #clock: Clock;
  readonly #onDue: (key: K) => void;
  readonly #due = new Map<K, number>();
  #heap: Entry<K>[] = [];
  #timer: { timer: Timer; due_ms: number } | undefined;

  constructor(clock: Clock, onDue: (key: K) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#due.size;
  }

  add(key: K, delay_ms: number): void {
    const due_ms = this.#clock.monotonic_ms() + delay_ms;
    const known_ms = this.#due.get(key);
    if (known_ms !== undefined && known_ms <= due_ms) return;
    this.#due.set(key, due_ms);
    push(this.#heap, { key, due_ms });
    if (this.#heap.length > 64 && this.#heap.length > 2 * this.#due.size) this.#compact();
    this.#arm();
  }

  /** Forgets all keys and stops the timer. */
  clear(): void {
    this.#due.clear();
    this.#heap = [];
    this.#timer?.timer.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined) return;
    if (this.#timer !== undefined) {
      if (this.#timer.due_ms <= first.due_ms) return;
      this.#timer.timer.cancel();
    }
    const timer = this.#clock.after(first.due_ms - this.#clock.monotonic_ms(), () => this.#fire(), { background: true });
    this.#timer = { timer, due_ms: first.due_ms };
  }

  #fire(): void {
    this.#timer = undefined;
    const now_ms = this.#clock.monotonic_ms();
    for (let first = this.#heap[0]; first !== undefined && first.due_ms <= now_ms; first = this.#heap[0]) {
      pop(this.#heap);
      if (this.#due.get(first.key) !== first.due_ms) continue;
      this.#due.delete(first.key);
      this.#onDue(first.key);
    }
    this.#arm();
  }

  #compact(): void {
    this.#heap = [];
    for (const [key, due_ms] of this.#due) push(this.#heap, { key, due_ms });
  }
}

function push<K>(heap: Entry<K>[], entry: Entry<K>): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (at(heap, parent).due_ms <= entry.due_ms) break;
    heap[index] = at(heap, parent);
    index = parent;
  }
  heap[index] = entry;
}

function pop<K>(heap: Entry<K>[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && at(heap, child + 1).due_ms < at(heap, child).due_ms) child++;
    if (at(heap, child).due_ms >= last.due_ms) break;
    heap[index] = at(heap, child);
    index = child;
  }
  heap[index] = last;
}

function at<K>(heap: readonly Entry<K>[], index: number): Entry<K> {
  const entry = heap[index];
  if (entry === undefined) throw new Error(`the heap has no entry ${index}`);
  return entry;
}
