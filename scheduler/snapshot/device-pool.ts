import type { DeviceRequest } from "./pod-shape.ts";

/** One whole device in thousandths. */
export const WHOLE = 1000;

/** The devices of one node, by index: `free[i]` thousandths of device i are not promised. Negative where more was promised than there is. */
export class DevicePool {
  readonly free: number[];
  /** The extended resource of each device. */
  readonly resources: readonly string[];

  /** `counts`: devices per resource, in the order of the configuration; indices run through it. */
  constructor(counts: readonly (readonly [resource: string, count: number])[]) {
    this.resources = counts.flatMap(([resource, count]) => Array<string>(count).fill(resource));
    this.free = this.resources.map(() => WHOLE);
  }

  /** The same devices with the same amounts left, on its own. */
  copy(): DevicePool {
    const copy = new DevicePool([]);
    copy.free.push(...this.free);
    (copy.resources as string[]).push(...this.resources);
    return copy;
  }

  /** Whether the request has devices here, wherever they lie. */
  fits(request: DeviceRequest): boolean {
    let found = 0;
    for (let i = 0; i < this.free.length; i++) {
      if (!this.#serves(request, i)) continue;
      if (++found >= request.count) return true;
    }
    return false;
  }

  /**
   * Devices for the request: a share goes where the least is left over (lowest index among equals), whole devices to the lowest indices.
   * Undefined when they are not there.
   */
  choose(request: DeviceRequest): number[] | undefined {
    const serving: number[] = [];
    for (let i = 0; i < this.free.length; i++) if (this.#serves(request, i)) serving.push(i);
    if (serving.length < request.count) return undefined;
    if (request.milli < WHOLE) serving.sort((a, b) => this.free[a]! - this.free[b]! || a - b);
    return serving.slice(0, request.count);
  }

  take(indices: readonly number[], milli: number): void {
    for (const index of indices) if (index in this.free) this.free[index]! -= milli;
  }

  release(indices: readonly number[], milli: number): void {
    for (const index of indices) if (index in this.free) this.free[index]! += milli;
  }

  #serves(request: DeviceRequest, index: number): boolean {
    return this.free[index]! >= request.milli && (request.resource === undefined || this.resources[index] === request.resource);
  }
}
