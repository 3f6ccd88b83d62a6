import type { UserInfo } from "../../api/exchange.ts";
import type { ApiObject } from "../../api/wire.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { Random } from "../../lib/random.ts";
import type { Operation, Store } from "../../store/store.ts";
import type { AdmissionChain } from "../admission/admission.ts";
import type { CachedObject } from "./cached-object.ts";
import type { EventLeases } from "./event-leases.ts";
import type { KindTable, ServedKind } from "./served-kind.ts";
import type { WatchCache } from "./watch-cache.ts";

/** What every operation of the registry works with. */
export interface Registry {
  readonly store: Store;
  readonly cache: WatchCache;
  readonly kinds: KindTable;
  readonly admission: AdmissionChain;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly eventLeases: EventLeases;
  readonly allocators: readonly Allocator[];
  /** Aborts when the server closes: watches end. */
  readonly closing: AbortSignal;
}

/** Who writes and how. */
export interface WriteContext {
  readonly user: UserInfo;
  readonly namespace: string;
  readonly dryRun: boolean;
  readonly now_ms: number;
  /** Texts of `Warning` headers, added to as they come up. */
  readonly warnings: string[];
}

/** What a write or a read ended with: an object of the store, or one that is only shown (dry run). */
export interface Outcome {
  readonly kind: ServedKind;
  readonly cached?: CachedObject;
  readonly object?: ApiObject;
}

/**
 * Gives out what must be unique over the whole cluster (cluster IPs, node ports): the reservation's operations are done in the
 * same transaction as the object's own write, so two servers cannot give the same value.
 */
export interface Allocator {
  appliesTo(kind: ServedKind): boolean;
  /** Fills in the object and returns what must hold and be written with it. `attempt` counts retries after a lost race. Throws a StatusError for values that are taken. */
  allocate(object: ApiObject, old: ApiObject | undefined, context: { dryRun: boolean; attempt: number }): Promise<Reservation>;
  /** What is given back when the object goes. */
  release(object: ApiObject): Reservation;
}

export interface Reservation {
  readonly compare: readonly { readonly key: string; readonly modRevision: number }[];
  readonly operations: readonly Operation[];
}

export const NO_RESERVATION: Reservation = { compare: [], operations: [] };
