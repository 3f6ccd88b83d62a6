import type { Random } from "../../lib/random.ts";
import { LeaseNotFoundError } from "../store.ts";
import { type Endpoints, RefusedError } from "./endpoints.ts";
import { isLeaseNotFound, isLeaseTaken } from "./failures.ts";
import { leaseGrantRequest, leaseRequest } from "./requests.ts";
import { readAnswer, readLeaseAnswer } from "./responses.ts";

/** Ids are ours to choose: etcd's own are 63 bits, more than a number holds. */
const ID_SPACE = 2 ** 53 - 1;
const GRANT_ATTEMPTS = 5;

/** Leases by etcd's lease service. */
export class Leases {
  readonly #endpoints: Endpoints;
  readonly #random: Random;

  constructor(endpoints: Endpoints, random: Random) {
    this.#endpoints = endpoints;
    this.#random = random;
  }

  async grant(ttl_s: number): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const id = Math.min(ID_SPACE, 1 + Math.floor(this.#random.next() * 2 ** 21) * 2 ** 32 + Math.floor(this.#random.next() * 2 ** 32));
      try {
        const granted = await this.#endpoints.call({
          path: "/etcdserverpb.Lease/LeaseGrant",
          message: leaseGrantRequest(ttl_s, id),
          read: readLeaseAnswer,
          repeatable: false,
        });
        return granted.id;
      } catch (error) {
        if (!(error instanceof RefusedError && isLeaseTaken(error.raw)) || attempt === GRANT_ATTEMPTS) throw error;
      }
    }
  }

  /** etcd's call takes any number of messages, and answers each: one is sent, as in a call of one. */
  async keepAlive(lease: number): Promise<void> {
    const { ttl_s } = await this.#endpoints.call({
      path: "/etcdserverpb.Lease/LeaseKeepAlive",
      message: leaseRequest(lease),
      read: readLeaseAnswer,
      repeatable: true,
    });
    if (ttl_s <= 0) throw new LeaseNotFoundError(lease);
  }

  async revoke(lease: number): Promise<void> {
    try {
      await this.#endpoints.call({ path: "/etcdserverpb.Lease/LeaseRevoke", message: leaseRequest(lease), read: readAnswer, repeatable: false });
    } catch (error) {
      if (error instanceof RefusedError && isLeaseNotFound(error.raw)) throw new LeaseNotFoundError(lease);
      throw error;
    }
  }
}
