import { type Cidr, formatCidr, overlaps, parseCidr, subnet, subnetCount } from "./cidr.ts";

/** Length of a node's range in a cluster range of each family, as in kube-controller-manager. */
const NODE_PREFIX = { 4: 24, 6: 64 } as const;
/** A cluster range may hold this many node ranges more at most (16 bits, as in Kubernetes). */
const MAX_BITS = 16;

/** The node ranges of one cluster range. Knows which are taken; decides nothing by itself. */
export class RangeAllocator {
  readonly range: Cidr;
  readonly #prefix: number;
  readonly #taken = new Map<string, number>();
  /** Ranges of other sizes that overlap ours (set by hand). */
  readonly #foreign = new Map<string, Cidr>();
  #next = 0n;

  /** @throws Error when the range is too small or too large for nodes */
  constructor(range: Cidr) {
    this.range = range;
    this.#prefix = NODE_PREFIX[range.family];
    const bits = this.#prefix - range.prefix;
    if (bits < 0) throw new Error(`the cluster range ${formatCidr(range)} is smaller than one node's /${this.#prefix}`);
    if (bits > MAX_BITS) throw new Error(`the cluster range ${formatCidr(range)} is too large: at most ${MAX_BITS} bits more than a node's /${this.#prefix}`);
  }

  get capacity(): bigint {
    return subnetCount(this.range, this.#prefix);
  }

  /** Notes that somebody uses `text`; each use is released on its own. Ranges outside are ignored. */
  take(text: string): void {
    const cidr = parsed(text);
    if (cidr === undefined || !overlaps(cidr, this.range)) return;
    const key = formatCidr(cidr);
    this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1);
    if (cidr.prefix !== this.#prefix) this.#foreign.set(key, cidr);
  }

  release(text: string): void {
    const cidr = parsed(text);
    if (cidr === undefined) return;
    const key = formatCidr(cidr);
    const uses = (this.#taken.get(key) ?? 0) - 1;
    if (uses > 0) this.#taken.set(key, uses);
    else {
      this.#taken.delete(key);
      this.#foreign.delete(key);
    }
  }

  /** Whether `text` is a range that this allocator could give. */
  holds(text: string): boolean {
    const cidr = parsed(text);
    return cidr !== undefined && cidr.prefix === this.#prefix && overlaps(cidr, this.range);
  }

  /** A free range, the next after the last one given (a range that was just released is used again last); undefined when all are taken. */
  findFree(): string | undefined {
    for (let tried = 0n; tried < this.capacity; tried++) {
      const candidate = subnet(this.range, this.#prefix, (this.#next + tried) % this.capacity);
      const key = formatCidr(candidate);
      if (this.#taken.has(key) || [...this.#foreign.values()].some((other) => overlaps(other, candidate))) continue;
      this.#next = (this.#next + tried + 1n) % this.capacity;
      return key;
    }
    return undefined;
  }
}

function parsed(text: string): Cidr | undefined {
  try {
    return parseCidr(text);
  } catch {
    return undefined;
  }
}

/** Cluster ranges of `10.244.0.0/16` or `10.244.0.0/16,fd00:10:244::/56`: at most one of each family. @throws Error */
export function parseClusterCidrs(text: string): Cidr[] {
  const ranges = text.split(",").map((part) => parseCidr(part.trim()));
  if (ranges.length > 2 || (ranges.length === 2 && ranges[0]?.family === ranges[1]?.family)) {
    throw new Error(`the cluster ranges ${JSON.stringify(text)} must be one range, or one of IPv4 and one of IPv6`);
  }
  return ranges;
}
