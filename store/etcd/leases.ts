import type { ILeaseKeepAliveRequest, ILeaseKeepAliveResponse } from "etcd3";
import type { Duplex } from "node:stream";
import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { LeaseNotFoundError } from "../store.ts";
import { toNumber } from "./convert.ts";
import { type Endpoints, RefusedError } from "./endpoints.ts";
import { isLeaseNotFound, isLeaseTaken } from "./failures.ts";

/** Ids are ours to choose: etcd's own are 63 bits, more than a number holds. */
const ID_SPACE = 2 ** 53 - 1;
const GRANT_ATTEMPTS = 5;
const KEEP_ALIVE_TIMEOUT_MS = 5_000;

type KeepAliveStream = Duplex & { write(request: ILeaseKeepAliveRequest): boolean; cancel(): void };

/** Leases by etcd's raw lease client. */
export class Leases {
  readonly #endpoints: Endpoints;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(endpoints: Endpoints, clock: Clock, random: Random) {
    this.#endpoints = endpoints;
    this.#clock = clock;
    this.#random = random;
  }

  async grant(ttl_s: number): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const id = 1 + Math.floor(this.#random.next() * 2 ** 21) * 2 ** 32 + Math.floor(this.#random.next() * 2 ** 32);
      try {
        const granted = await this.#endpoints.call({ repeatable: false }, (etcd) => etcd.leaseClient.leaseGrant({ TTL: ttl_s, ID: Math.min(id, ID_SPACE) }));
        return toNumber(granted.ID);
      } catch (error) {
        if (!(error instanceof RefusedError && isLeaseTaken(error.raw)) || attempt === GRANT_ATTEMPTS) throw error;
      }
    }
  }

  async keepAlive(lease: number): Promise<void> {
    const { TTL } = await this.#endpoints.call({ repeatable: true }, async (etcd) => {
      const stream = (await etcd.leaseClient.leaseKeepAlive()) as unknown as KeepAliveStream;
      return this.#askOnce(stream, lease);
    });
    if (toNumber(TTL) <= 0) throw new LeaseNotFoundError(lease);
  }

  async revoke(lease: number): Promise<void> {
    try {
      await this.#endpoints.call({ repeatable: false }, (etcd) => etcd.leaseClient.leaseRevoke({ ID: lease }));
    } catch (error) {
      if (error instanceof RefusedError && isLeaseNotFound(error.raw)) throw new LeaseNotFoundError(lease);
      throw error;
    }
  }

  #askOnce(stream: KeepAliveStream, lease: number): Promise<ILeaseKeepAliveResponse> {
    return new Promise<ILeaseKeepAliveResponse>((resolve, reject) => {
      const timer = this.#clock.after(KEEP_ALIVE_TIMEOUT_MS, () => finish(() => reject(new Error("etcd did not answer in time"))));
      const finish = (settle: () => void) => {
        timer.cancel();
        settle();
        stream.end();
        stream.cancel();
      };
      stream.once("data", (response: ILeaseKeepAliveResponse) => finish(() => resolve(response)));
      stream.on("error", (error: Error) => finish(() => reject(error)));
      stream.once("end", () => finish(() => reject(new Error("etcd ended the stream"))));
      stream.write({ ID: lease });
    });
  }
}
