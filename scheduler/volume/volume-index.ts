import type { CSIDriver, CSINode, CSIStorageCapacity, PersistentVolume, PersistentVolumeClaim, StorageClass } from "../../api/wire.ts";
import type { PlacementListener } from "../snapshot/cluster-snapshot.ts";
import type { Placement } from "../snapshot/node-state.ts";

/** Objects of one kind by key. */
class Table<T> {
  readonly #objects = new Map<string, T>();

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  set(key: string, object: T | undefined): void {
    if (object === undefined) this.#objects.delete(key);
    else this.#objects.set(key, object);
  }

  values(): Iterable<T> {
    return this.#objects.values();
  }
}

const NONE: ReadonlySet<Placement> = new Set();

/** The storage objects that rules about volumes look at, and which placed pods use which claim. */
export class VolumeIndex implements PlacementListener {
  /** By `namespace/name`. */
  readonly claims = new Table<PersistentVolumeClaim>();
  readonly volumes = new Table<PersistentVolume>();
  readonly classes = new Table<StorageClass>();
  /** By node name. */
  readonly csiNodes = new Table<CSINode>();
  /** By driver name. */
  readonly drivers = new Table<CSIDriver>();
  readonly capacities = new Table<CSIStorageCapacity>();
  /** Claims that a decision has promised a volume to, and which: until the binder has done it. */
  readonly promised = new Map<string, string>();
  readonly #users = new Map<string, Set<Placement>>();

  /** Placed pods that use the claim `namespace/name`. */
  usersOf(claim: string): ReadonlySet<Placement> {
    return this.#users.get(claim) ?? NONE;
  }

  placed(placement: Placement): void {
    for (const { name } of placement.pod.volumes?.claims ?? []) {
      const key = `${placement.pod.namespace}/${name}`;
      const users = this.#users.get(key) ?? new Set<Placement>();
      this.#users.set(key, users);
      users.add(placement);
    }
  }

  removed(placement: Placement): void {
    for (const { name } of placement.pod.volumes?.claims ?? []) {
      const key = `${placement.pod.namespace}/${name}`;
      const users = this.#users.get(key);
      users?.delete(placement);
      if (users?.size === 0) this.#users.delete(key);
    }
  }
}
