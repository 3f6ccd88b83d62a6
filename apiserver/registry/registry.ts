import type { UserInfo } from "../../api/exchange.ts";
import type { StrategyContext } from "../../api/kinds/kind.ts";
import type { ApiObject } from "../../api/wire.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { Random } from "../../lib/random.ts";
import type { Operation, Store } from "../../store/store.ts";
import type { AdmissionChain } from "../admission/admission.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import type { BindingGuard } from "./bindings/binding-guard.ts";
import type { CachedObject } from "./cached-object.ts";
import type { EventLeases } from "./event-leases.ts";
import type { KindTable, ServedKind } from "./served-kind.ts";
import type { SpecTemplates } from "./spec-template.ts";
import type { WatchCache } from "./watch-cache.ts";

/** What every operation of the registry works with. */
export interface Registry {
  readonly store: Store;
  readonly cache: WatchCache;
  readonly kinds: KindTable;
  readonly admission: AdmissionChain;
  /** For requests that turn out to do more than their verb says: a PUT or an apply that creates. */
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly eventLeases: EventLeases;
  readonly allocators: readonly Allocator[];
  readonly bindings: BindingGuard;
  readonly templates: SpecTemplates;
  /** Aborts when the server closes: watches end. */
  readonly closing: AbortSignal;
  readonly allowPrivileged: boolean;
  /** What may wait for one watch's reader. */
  readonly watchBuffer: { readonly maxItems: number; readonly maxBytes: number };
}

/** Who writes and how. */
export interface WriteContext {
  readonly user: UserInfo;
  readonly namespace: string;
  /** The field manager that the write is tracked as. */
  readonly manager: string;
  readonly dryRun: boolean;
  readonly now_ms: number;
  /** Texts of `Warning` headers, added to as they come up. */
  readonly warnings: string[];
}

/** What a kind's hooks learn of the request. */
export function strategyContext(registry: Registry, context: WriteContext, subresource: string): StrategyContext {
  const warn = (text: string) => void context.warnings.push(text);
  return { user: context.user, now_ms: context.now_ms, subresource, allowPrivileged: registry.allowPrivileged, warn };
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
  /** Before validation: fills in the object what it lacks. Called again, with a fresh object, after a lost race. @throws StatusError for values that are taken */
  fill(object: ApiObject, old: ApiObject | undefined, context: { dryRun: boolean }): void;
  /** With the write: what is newly taken and what is given back. `object` undefined: the object goes. */
  reserve(object: ApiObject | undefined, old: ApiObject | undefined): Reservation;
}

export interface Reservation {
  readonly compare: readonly { readonly key: string; readonly modRevision: number }[];
  readonly operations: readonly Operation[];
}

export const NO_RESERVATION: Reservation = { compare: [], operations: [] };

/** The reservations of all allocators for one write. */
export function reservationOf(registry: Registry, kind: ServedKind, object: ApiObject | undefined, old: ApiObject | undefined): Reservation {
  let reservation = kind.custom !== undefined && object !== undefined && old === undefined ? kind.custom.guard() : NO_RESERVATION;
  for (const allocator of registry.allocators) {
    if (!allocator.appliesTo(kind)) continue;
    const own = allocator.reserve(object, old);
    reservation = { compare: [...reservation.compare, ...own.compare], operations: [...reservation.operations, ...own.operations] };
  }
  return reservation;
}

/** Lets the allocators fill in the object. @throws StatusError */
export function fillAllocated(registry: Registry, kind: ServedKind, object: ApiObject, old: ApiObject | undefined, dryRun: boolean): void {
  for (const allocator of registry.allocators) if (allocator.appliesTo(kind)) allocator.fill(object, old, { dryRun });
}
