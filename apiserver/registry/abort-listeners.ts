const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `listener` once when the signal aborts; the returned function takes it back. For signals that live long and that thousands wait for: a signal's own list
 * is walked from its beginning by whoever comes or goes.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  let all = listeners.get(signal);
  if (all === undefined) {
    const made = new Set<() => void>();
    all = made;
    listeners.set(signal, made);
    signal.addEventListener("abort", () => callAll(made), { once: true });
  }
  all.add(listener);
  return () => all.delete(listener);
}

function callAll(all: Set<() => void>): void {
  for (const listener of [...all]) listener();
  all.clear();
}
