import { type ContainerRecord, noRuntime, type PodRuntime, type SandboxRecord } from "../pod/runtime-state.ts";
import { laterContainer, laterSandbox, type PodIdentity } from "./runtime-records.ts";

interface Entry {
  identity: PodIdentity;
  sandboxes: Map<string, SandboxRecord>;
  containers: Map<string, ContainerRecord>;
  snapshot: PodRuntime | undefined;
}

/** Ids that are remembered as gone: more than answers can be under way. */
const MAX_GONE = 4_096;

/** What the runtime has, pod by pod: kept by events, by what our own calls answered, and by relists. Tells of each change. */
export class RuntimeView {
  readonly #pods = new Map<string, Entry>();
  readonly #owners = new Map<string, string>();
  /** An answer or event that was under way when a container went must not bring it back. Ids are never given twice. */
  readonly #gone = new Set<string>();
  readonly #onChange: (uid: string) => void;

  constructor(onChange: (uid: string) => void) {
    this.#onChange = onChange;
  }

  get(uid: string): PodRuntime {
    const entry = this.#pods.get(uid);
    if (entry === undefined) return noRuntime;
    entry.snapshot ??= {
      sandboxes: [...entry.sandboxes.values()].sort((a, b) => b.createdAt_ns - a.createdAt_ns || b.attempt - a.attempt),
      containers: [...entry.containers.values()].sort((a, b) => b.createdAt_ns - a.createdAt_ns || b.attempt - a.attempt),
    };
    return entry.snapshot;
  }

  /** Every pod of which the runtime has anything. */
  *pods(): Iterable<PodIdentity> {
    for (const entry of this.#pods.values()) yield entry.identity;
  }

  container(id: string): ContainerRecord | undefined {
    return this.#pods.get(this.#owners.get(id) ?? "")?.containers.get(id);
  }

  /** Ids of all sandboxes and containers. */
  ids(): Iterable<string> {
    return this.#owners.keys();
  }

  putSandbox(identity: PodIdentity, record: SandboxRecord): void {
    if (this.#gone.has(record.id)) return;
    const entry = this.#entry(identity);
    const old = entry.sandboxes.get(record.id);
    const merged = laterSandbox(old, record);
    if (old !== undefined && old.ready === merged.ready && old.ips.join() === merged.ips.join()) return;
    entry.sandboxes.set(record.id, merged);
    this.#changed(entry, record.id);
  }

  putContainer(identity: PodIdentity, record: ContainerRecord): void {
    if (this.#gone.has(record.id)) return;
    const entry = this.#entry(identity);
    const old = entry.containers.get(record.id);
    const merged = laterContainer(old, record);
    if (merged === old) return;
    entry.containers.set(record.id, merged);
    this.#changed(entry, record.id);
  }

  /** A sandbox or container no longer exists. */
  drop(id: string): void {
    this.#gone.add(id);
    const [oldest] = this.#gone;
    if (this.#gone.size > MAX_GONE && oldest !== undefined) this.#gone.delete(oldest);
    const uid = this.#owners.get(id);
    const entry = this.#pods.get(uid ?? "");
    if (uid === undefined || entry === undefined) return;
    this.#owners.delete(id);
    entry.sandboxes.delete(id);
    entry.containers.delete(id);
    entry.snapshot = undefined;
    if (entry.sandboxes.size === 0 && entry.containers.size === 0) this.#pods.delete(uid);
    this.#onChange(uid);
  }

  #entry(identity: PodIdentity): Entry {
    let entry = this.#pods.get(identity.uid);
    if (entry === undefined) {
      entry = { identity, sandboxes: new Map(), containers: new Map(), snapshot: undefined };
      this.#pods.set(identity.uid, entry);
    }
    return entry;
  }

  #changed(entry: Entry, id: string): void {
    this.#owners.set(id, entry.identity.uid);
    entry.snapshot = undefined;
    this.#onChange(entry.identity.uid);
  }
}
