import { amountOf } from "../../../api/placement/amounts.ts";
import { WHOLE_DEVICE } from "../../../api/placement/devices.ts";
import { HostPorts } from "../../../api/placement/host-ports.ts";
import { type PodClaim, podClaimOf } from "../../../api/placement/pod-claim.ts";
import type { Node, Pod } from "../../../api/wire.ts";
import type { CachedObject } from "../cached-object.ts";

interface Entry {
  readonly cached: CachedObject;
  /** Undefined: not read yet. */
  claim: PodClaim | undefined;
}

/** Sums of what pods take of one node. */
class Sums {
  readonly amounts = new Map<string, number>();
  readonly ports = new HostPorts();
  /** Index → thousandths given away. */
  readonly devices = new Map<number, number>();

  add(claim: PodClaim): void {
    for (const name in claim.amounts) this.amounts.set(name, (this.amounts.get(name) ?? 0) + claim.amounts[name]!);
    for (const port of claim.ports) this.ports.add(port);
    for (const index of claim.devices) this.devices.set(index, (this.devices.get(index) ?? 0) + claim.deviceMilli);
  }

  remove(claim: PodClaim): void {
    for (const name in claim.amounts) this.amounts.set(name, (this.amounts.get(name) ?? 0) - claim.amounts[name]!);
    for (const port of claim.ports) this.ports.remove(port);
    for (const index of claim.devices) this.devices.set(index, (this.devices.get(index) ?? 0) - claim.deviceMilli);
  }
}

/** The pods of one node, and those whose binding to it is on its way. Pods are read when somebody asks, each state once. */
export class NodeAccount {
  readonly #entries = new Map<string, Entry>();
  readonly #unread = new Set<Entry>();
  readonly #sums = new Sums();
  /** Bindings that this process has let through and not yet seen in its cache. */
  readonly #coming = new Map<string, PodClaim>();
  readonly #known: { get(pod: CachedObject): PodClaim | undefined };

  /** `known`: claims of pods that were read elsewhere. */
  constructor(known: { get(pod: CachedObject): PodClaim | undefined }) {
    this.#known = known;
  }

  /** A pod of this node as the cache has it; undefined: it is not on this node any more. */
  set(key: string, cached: CachedObject | undefined): void {
    this.drop(key);
    const old = this.#entries.get(key);
    if (old !== undefined) {
      this.#entries.delete(key);
      this.#unread.delete(old);
      if (old.claim !== undefined) this.#sums.remove(old.claim);
    }
    if (cached === undefined) return;
    const entry = { cached, claim: undefined };
    this.#entries.set(key, entry);
    this.#unread.add(entry);
  }

  /** The pod counts here from now on. */
  expect(key: string, claim: PodClaim): void {
    this.drop(key);
    this.#coming.set(key, claim);
    this.#sums.add(claim);
  }

  /** The binding did not happen, or the cache knows of it. */
  drop(key: string): void {
    const claim = this.#coming.get(key);
    if (claim === undefined) return;
    this.#coming.delete(key);
    this.#sums.remove(claim);
  }

  /** What the pod would take beyond what is free, for people; empty: it fits. A node that has reported no allocatable amounts is not judged by them. */
  shortages(wanted: PodClaim, node: Node): string[] {
    this.#read();
    const offered = node.status?.allocatable ?? {};
    const texts: string[] = [];
    for (const name of Object.keys(offered).length === 0 ? [] : Object.keys(wanted.amounts)) {
      if (name === "pods" && offered[name] === undefined) continue;
      const free = amountOf(name, offered[name]) - (this.#sums.amounts.get(name) ?? 0);
      if (wanted.amounts[name]! > free) texts.push(`${name}: needs ${shown(name, wanted.amounts[name]!)}, ${shown(name, Math.max(0, free))} free`);
    }
    for (const port of wanted.ports) if (this.#sums.ports.conflicts(port)) texts.push(`host port ${port.port}/${port.protocol} is in use`);
    for (const index of wanted.devices) {
      const free = WHOLE_DEVICE - (this.#sums.devices.get(index) ?? 0);
      if (wanted.deviceMilli > free) texts.push(`device ${index}: needs ${wanted.deviceMilli} thousandths, ${Math.max(0, free)} free`);
    }
    return texts;
  }

  #read(): void {
    for (const entry of this.#unread) {
      entry.claim = this.#known.get(entry.cached) ?? podClaimOf(entry.cached.object() as Pod);
      this.#sums.add(entry.claim);
    }
    this.#unread.clear();
  }
}

function shown(name: string, amount: number): string {
  return String(name === "cpu" ? amount / 1000 : amount);
}
