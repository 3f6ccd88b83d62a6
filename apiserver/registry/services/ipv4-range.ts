/** An IPv4 network: addresses as unsigned numbers. */
export class Ipv4Range {
  readonly text: string;
  readonly #base: number;
  readonly #size: number;

  /** @throws RangeError for what is no IPv4 network in CIDR form of 2 to 2^24 addresses */
  constructor(cidr: string) {
    const [address = "", bits = ""] = cidr.split("/");
    const length = Number(bits);
    const base = parseIpv4(address);
    if (base === undefined || !/^\d+$/.test(bits) || length < 8 || length > 30) throw new RangeError(`${JSON.stringify(cidr)} is not an IPv4 range such as 10.96.0.0/16 (prefix length 8 to 30)`);
    this.#size = 2 ** (32 - length);
    this.#base = base - (base % this.#size);
    this.text = `${formatIpv4(this.#base)}/${length}`;
  }

  /** Addresses that can be given: all but the network's own and the broadcast address. */
  get usable(): number {
    return this.#size - 2;
  }

  /** The n-th usable address, from 0. */
  address(index: number): string {
    return formatIpv4(this.#base + 1 + index);
  }

  /** Whether it can be given. */
  contains(address: string): boolean {
    const value = parseIpv4(address);
    return value !== undefined && value > this.#base && value < this.#base + this.#size - 1;
  }
}

/** Dotted quad → number, or undefined. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

export function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
