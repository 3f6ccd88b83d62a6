import type { PodRuntime } from "./runtime-state.ts";

/** Instances kept of each container: the current one and the one before it, for lastState and `logs --previous`. */
const KEPT = 2;

/** What the runtime may forget of a pod that lives on: older instances of containers, and sandboxes with nothing left in them. */
export function garbageOf(runtime: PodRuntime): { readonly containers: readonly string[]; readonly sandboxes: readonly string[] } {
  const seen = new Map<string, number>();
  const containers: string[] = [];
  const used = new Set<string>();
  for (const record of runtime.containers) {
    const count = (seen.get(record.name) ?? 0) + 1;
    seen.set(record.name, count);
    if (count > KEPT && record.state !== "running") containers.push(record.id);
    else used.add(record.sandboxId);
  }
  const sandboxes = runtime.sandboxes.slice(1).filter((sandbox) => !sandbox.ready && !used.has(sandbox.id));
  return { containers, sandboxes: sandboxes.map((sandbox) => sandbox.id) };
}
