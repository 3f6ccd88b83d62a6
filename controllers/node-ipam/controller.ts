import { leases, nodes } from "../../api/resources.ts";
import type { Lease, Node } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { RangeAllocator } from "./allocator.ts";
import { type Cidr, parseCidr } from "./cidr.ts";

const CLAIM_NAMESPACE = "kube-system";
const CLAIM_LABEL = "berth.dev/pod-cidr";
const CLAIM_INDEX = "pod-cidr-claim";
/** How soon a node for which no range is free is looked at again. */
const FULL_RETRY_MS = 30_000;

/**
 * Gives each Node a range of each cluster range. A range is given by creating a Lease that is named for it, owned by the Node: creation succeeds
 * once, whoever tries, so no range is given twice, with two managers at work or a late write of a dead one. The Lease goes with the Node.
 */
export class NodeIpamController implements Controller {
  readonly name = "node-ipam-controller";
  readonly #context: ControllerContext;
  readonly #allocators: readonly RangeAllocator[];
  readonly #nodes: Informer<Node>;
  readonly #claims: Informer<Lease>;
  readonly #loop: ReconcileLoop;

  /** `ranges`: as of parseClusterCidrs. @throws Error when a range does not suit */
  constructor(context: ControllerContext, ranges: readonly Cidr[]) {
    this.#context = context;
    this.#allocators = ranges.map((range) => new RangeAllocator(range));
    this.#nodes = context.informers.get(nodes);
    this.#claims = context.informers.get(leases);
    this.#claims.addIndex(CLAIM_INDEX, (lease) => (cidrOf(lease) === undefined ? [] : [lease.spec?.holderIdentity ?? ""]));
    // One at a time: decisions follow one another on what the allocators know.
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 1, reconcile: (key) => this.#reconcile(key) });
    this.#nodes.addHandler({
      add: (node) => {
        this.#each(rangesOf(node), (allocator, range) => allocator.take(range));
        this.#loop.queue.add(node.metadata.name ?? "");
      },
      update: (node, old) => {
        if (rangesOf(node).join() === rangesOf(old).join()) return;
        this.#each(rangesOf(node), (allocator, range) => allocator.take(range));
        this.#each(rangesOf(old), (allocator, range) => allocator.release(range));
        this.#loop.queue.add(node.metadata.name ?? "");
      },
      delete: (node) => this.#each(rangesOf(node), (allocator, range) => allocator.release(range)),
    });
    this.#claims.addHandler({
      add: (lease) => this.#each(claimed(lease), (allocator, range) => allocator.take(range)),
      delete: (lease) => this.#each(claimed(lease), (allocator, range) => allocator.release(range)),
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  #each(ranges: readonly string[], apply: (allocator: RangeAllocator, range: string) => void): void {
    for (const range of ranges) for (const allocator of this.#allocators) apply(allocator, range);
  }

  async #reconcile(name: string): Promise<ReconcileResult> {
    const node = this.#nodes.get(name);
    if (node === undefined || node.metadata.deletionTimestamp !== undefined) return undefined;
    const given = rangesOf(node);
    if (given.length > 0) {
      for (const range of given) await this.#ensureClaim(node, range);
      return undefined;
    }
    const ranges: string[] = [];
    for (const allocator of this.#allocators) {
      const range = await this.#claimIn(allocator, node);
      if (range === undefined) return this.#reportFull(node);
      ranges.push(range);
    }
    const { uid, resourceVersion } = node.metadata;
    await this.#context.client.patch(nodes, { name }, "merge", { metadata: { uid, resourceVersion }, spec: { podCIDR: ranges[0], podCIDRs: ranges } });
    return undefined;
  }

  /** The range that the node has claimed before (a manager died in between), or a new claim; undefined when none is free. */
  async #claimIn(allocator: RangeAllocator, node: Node): Promise<string | undefined> {
    const mine = this.#claims.byIndex(CLAIM_INDEX, node.metadata.name ?? "").find((lease) => ownedBy(lease, node) && claimed(lease).some((range) => parseCidr(range).family === allocator.range.family));
    if (mine !== undefined) return cidrOf(mine);
    for (let range = allocator.findFree(); range !== undefined; range = allocator.findFree()) {
      if (await this.#tryClaim(node, range)) return range;
      // Taken by somebody whose claim the cache does not show yet; its deletion will release it.
      allocator.take(range);
      const held = range;
      this.#context.clock.after(FULL_RETRY_MS, () => allocator.release(held), { background: true });
    }
    return undefined;
  }

  async #ensureClaim(node: Node, range: string): Promise<void> {
    if (!this.#allocators.some((allocator) => allocator.holds(range)) || this.#claims.get(`${CLAIM_NAMESPACE}/${claimName(range)}`) !== undefined) return;
    await this.#tryClaim(node, range);
  }

  /** @returns whether the claim is this node's now */
  async #tryClaim(node: Node, range: string): Promise<boolean> {
    const { client } = this.#context;
    const key = { namespace: CLAIM_NAMESPACE, name: claimName(range) };
    const { name = "", uid = "" } = node.metadata;
    try {
      await client.create(leases, {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { ...key, labels: { [CLAIM_LABEL]: "true" }, annotations: { [CLAIM_LABEL]: range }, ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid }] },
        spec: { holderIdentity: name },
      });
      return true;
    } catch (error) {
      if (!isReason(error, "AlreadyExists")) throw error;
      return ownedBy(await client.get(leases, key), node);
    }
  }

  #reportFull(node: Node): { requeueAfter_ms: number } {
    const { name } = node.metadata;
    this.#context.events.event(node, { type: "Normal", reason: "CIDRNotAvailable", message: `Node ${name} status is now: CIDRNotAvailable` });
    this.#context.logger.error({ node: name }, "no pod range is left for the node: the cluster range is used up");
    return { requeueAfter_ms: FULL_RETRY_MS };
  }
}

function rangesOf(node: Node): readonly string[] {
  const { podCIDR, podCIDRs } = node.spec ?? {};
  return podCIDRs?.length ? podCIDRs : podCIDR ? [podCIDR] : [];
}

function cidrOf(lease: Lease): string | undefined {
  return lease.metadata.namespace === CLAIM_NAMESPACE ? lease.metadata.annotations?.[CLAIM_LABEL] : undefined;
}

function claimed(lease: Lease): readonly string[] {
  const range = cidrOf(lease);
  return range === undefined ? [] : [range];
}

function ownedBy(lease: Lease, node: Node): boolean {
  return lease.metadata.ownerReferences?.some((owner) => owner.uid === node.metadata.uid) ?? false;
}

/** `pod-cidr-10.244.3.0-24`; the colons of IPv6 become dashes. */
function claimName(range: string): string {
  return `pod-cidr-${range.replaceAll("::", "-0-").replaceAll(/[:/]/g, "-")}`.replaceAll("--", "-");
}
