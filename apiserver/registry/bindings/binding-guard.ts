import { type PodClaim, podClaimOf } from "../../../api/placement/pod-claim.ts";
import { conflict, serverTimeout } from "../../../api/status/errors.ts";
import type { Node, Pod } from "../../../api/wire.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { Random } from "../../../lib/random.ts";
import type { Store } from "../../../store/store.ts";
import type { CachedObject } from "../cached-object.ts";
import type { KindCache } from "../kind-cache.ts";
import { NO_RESERVATION, type Reservation } from "../registry.ts";
import type { WatchCache } from "../watch-cache.ts";
import { NodeAccount } from "./node-account.ts";

const PREFIX = "/registry/berth.dev/bindings/";
/** Nodes are spread over so many keys: few enough that a new server has them soon, enough that two servers seldom want the same one. */
const SHARDS = 256;
const CLAIM_ATTEMPTS = 16;
/** Longest pause before the right is taken back from another server, which must get its binding through meanwhile. */
const MAX_PAUSE_MS = 256;

/** The right to bind pods to the nodes of one shard. */
interface Shard {
  readonly key: string;
  /** Revision at which this server wrote the key last; 0: the right is not (or not certainly) its own. */
  revision: number;
  claiming: Promise<number> | undefined;
  /** How often another server took the right since a binding of ours was done. */
  losses: number;
  /** Bindings whose outcome nobody knows: they count until the right was taken anew, which ends them. */
  doubtful: readonly { readonly account: NodeAccount; readonly pod: string; readonly revision: number }[];
}

/** Room on a node for one pod, kept from the judgement on. */
export interface Hold {
  /** The transaction must contain it. */
  readonly reservation: Reservation;
  /** The pod is bound, and stored as `written`. */
  done(written: CachedObject | undefined): void;
  /** It is not bound, for certain. */
  release(): void;
  /** Nobody knows. */
  doubt(): void;
}

/**
 * Lets no node be overcommitted by bindings, whoever makes them and through whichever server: a binding is judged here against all pods of the node,
 * those on their way included, and refused when the node has no room.
 *
 * That the judgement still holds when the transaction is done costs no write of its own: each server owns the nodes of a shard as long as nobody
 * has written the shard's key since it did. Every binding compares that key's revision. A server that wants to bind writes the key first (once, not for each
 * binding), waits until its cache has come to that write, and so has seen every binding that anybody else has made; theirs still on their way fail.
 */
export class BindingGuard {
  readonly #store: Store;
  readonly #cache: WatchCache;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #pods: KindCache;
  readonly #nodes: KindCache;
  readonly #accounts = new Map<string, NodeAccount>();
  /** What pods take that were bound here: they need not be read again. */
  readonly #claims = new WeakMap<CachedObject, PodClaim>();
  /** Pod → the account that expects it. */
  readonly #expected = new Map<string, NodeAccount>();
  readonly #shards: readonly Shard[] = Array.from({ length: SHARDS }, (_, i) => ({ key: `${PREFIX}${i}`, revision: 0, claiming: undefined, losses: 0, doubtful: [] }));

  constructor(options: { readonly store: Store; readonly cache: WatchCache; readonly pods: KindCache; readonly nodes: KindCache; readonly clock: Clock; readonly random: Random }) {
    this.#store = options.store;
    this.#cache = options.cache;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#pods = options.pods;
    this.#nodes = options.nodes;
    this.#pods.listen({}, (event) => {
      if (event.current === undefined || event.current.field("spec.nodeName") !== "") this.#drop(event.key);
      const before = event.previous?.field("spec.nodeName") ?? "";
      const now = event.current?.field("spec.nodeName") ?? "";
      if (before !== "" && before !== now) this.#accounts.get(before)?.set(event.key, undefined);
      if (now !== "") this.#accounts.get(now)?.set(event.key, event.current);
    });
    this.#nodes.listen({}, (event) => {
      // An account is made again when it is needed.
      if (event.current === undefined && this.#pods.onNode(event.key)?.length === 0 && ![...this.#expected.values()].includes(this.#accounts.get(event.key)!)) this.#accounts.delete(event.key);
    });
  }

  /** Room for `pod` (as it will be bound) on its node. `again`: an earlier transaction of it was lost. @throws StatusError 409 with what is missing */
  async hold(key: string, pod: Pod, again: boolean): Promise<Hold> {
    const nodeName = pod.spec?.nodeName ?? "";
    const shard = this.#shards[hash(nodeName) % SHARDS]!;
    if (again) await this.#verify(shard);
    const claim = podClaimOf(pod);
    for (let certain = false; ; certain = true) {
      const revision = shard.revision > 0 ? shard.revision : await this.#claim(shard);
      const node = this.#nodes.get(nodeName)?.object() as Node | undefined;
      const account = this.#account(nodeName);
      // As in Kubernetes, a pod may be bound to a node that is not there.
      const missing = node === undefined ? [] : account.shortages(claim, node);
      if (missing.length === 0 && (node !== undefined || certain)) {
        account.expect(key, claim);
        this.#expected.set(key, account);
        return this.#holdOf(key, account, claim, shard, revision);
      }
      if (certain) throw conflict({ group: "", resource: "pods/binding" }, pod.metadata.name ?? "", `node ${nodeName} has no room for it: ${missing.join("; ")}`);
      await this.#cache.fresh();
    }
  }

  #holdOf(key: string, account: NodeAccount, claim: PodClaim, shard: Shard, revision: number): Hold {
    return {
      reservation: { ...NO_RESERVATION, compare: [{ key: shard.key, modRevision: revision }] },
      // The room is given back to the pod itself, when the cache tells of it.
      done: (written) => {
        shard.losses = 0;
        if (written !== undefined) this.#claims.set(written, claim);
      },
      release: () => this.#drop(key),
      doubt: () => {
        // A transaction of an earlier right has ended one way or the other, and the cache knows which.
        if (shard.revision > revision) return this.#drop(key);
        shard.revision = 0;
        shard.doubtful = [...shard.doubtful, { account, pod: key, revision }];
      },
    };
  }

  #drop(key: string): void {
    this.#expected.get(key)?.drop(key);
    this.#expected.delete(key);
  }

  #account(node: string): NodeAccount {
    let account = this.#accounts.get(node);
    if (account === undefined) {
      account = new NodeAccount(this.#claims);
      for (const cached of this.#pods.onNode(node) ?? []) account.set(cached.key, cached);
      this.#accounts.set(node, account);
    }
    return account;
  }

  /** Whether the right is still ours is asked of the store. */
  async #verify(shard: Shard): Promise<void> {
    if (shard.revision === 0) return;
    const asked = shard.revision;
    const { items } = await this.#store.range({ start: shard.key, end: `${shard.key}\0`, limit: 1 });
    if (shard.revision !== asked || items[0]?.modRevision === asked) return;
    shard.revision = 0;
    shard.losses++;
  }

  #claim(shard: Shard): Promise<number> {
    shard.claiming ??= this.#write(shard).finally(() => {
      shard.claiming = undefined;
    });
    return shard.claiming;
  }

  async #write(shard: Shard): Promise<number> {
    if (shard.losses > 0) await this.#clock.sleep(this.#random.next() * Math.min(MAX_PAUSE_MS, 2 ** shard.losses));
    for (let attempt = 0; attempt < CLAIM_ATTEMPTS; attempt++) {
      const { items } = await this.#store.range({ start: shard.key, end: `${shard.key}\0`, limit: 1 });
      const result = await this.#store.txn({
        compare: [{ key: shard.key, modRevision: items[0]?.modRevision ?? 0 }],
        operations: [{ type: "put", key: shard.key, value: new Uint8Array() }],
      });
      if (!result.succeeded) continue;
      await this.#cache.waitFor(result.revision);
      shard.revision = result.revision;
      for (const { pod, account, revision } of shard.doubtful) if (revision < result.revision && this.#expected.get(pod) === account) this.#drop(pod);
      shard.doubtful = shard.doubtful.filter(({ revision }) => revision >= result.revision);
      return result.revision;
    }
    throw serverTimeout({ group: "", resource: "pods/binding" }, "create", 1);
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}
