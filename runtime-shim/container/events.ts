import type { Init } from "../../cri/vocabulary.ts";

type ContainerEvent = Init<"ContainerEventResponse">;

/** Events that one slow subscriber may leave unread; then its stream ends, and it lists again. */
const MAX_UNREAD = 10_000;

interface Subscriber {
  readonly queue: ContainerEvent[];
  wake: () => void;
  overflowed: boolean;
}

/** Fans container events out to the GetContainerEvents streams, and wakes those that wait for a container's end. */
export class ContainerEvents {
  readonly #subscribers = new Set<Subscriber>();
  readonly #exitWaiters = new Map<string, Set<() => void>>();

  get hasSubscribers(): boolean {
    return this.#subscribers.size > 0;
  }

  publish(event: ContainerEvent): void {
    for (const subscriber of this.#subscribers) {
      if (subscriber.queue.length >= MAX_UNREAD) subscriber.overflowed = true;
      else subscriber.queue.push(event);
      subscriber.wake();
    }
  }

  /** Events from now on, until the signal aborts or the reader falls too far behind. */
  async *subscribe(signal: AbortSignal): AsyncGenerator<ContainerEvent, void, void> {
    const subscriber: Subscriber = { queue: [], wake: () => {}, overflowed: false };
    this.#subscribers.add(subscriber);
    const onAbort = () => subscriber.wake();
    signal.addEventListener("abort", onAbort);
    try {
      while (!signal.aborted) {
        const event = subscriber.queue.shift();
        if (event !== undefined) yield event;
        else if (subscriber.overflowed) return;
        else await new Promise<void>((resolve) => { subscriber.wake = resolve; });
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#subscribers.delete(subscriber);
    }
  }

  /** Wakes everyone who waits for this container's end. */
  exited(id: string): void {
    const waiters = this.#exitWaiters.get(id);
    this.#exitWaiters.delete(id);
    for (const wake of waiters ?? []) wake();
  }

  /** Calls `wake` when the container has ended; returns how to stop waiting. */
  onExit(id: string, wake: () => void): () => void {
    const waiters = this.#exitWaiters.get(id) ?? new Set();
    waiters.add(wake);
    this.#exitWaiters.set(id, waiters);
    return () => {
      waiters.delete(wake);
      if (waiters.size === 0 && this.#exitWaiters.get(id) === waiters) this.#exitWaiters.delete(id);
    };
  }
}
