import { leases } from "../api/resources.ts";
import type { Lease } from "../api/wire.ts";
import { type Clock, rfc3339Micro } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Random } from "../lib/random.ts";
import { type Client, isReason, type ObjectKey } from "./client.ts";

/** After client-go's LeaderElectionConfig; its defaults 15 s, 10 s and 2 s. leaseDuration > renewDeadline > 1.2 × retryPeriod. */
export interface LeaderElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The Lease: `kube-system/kube-scheduler`. */
  readonly lease: ObjectKey;
  /** Unlike every other candidate's; a process that can prove its predecessor dead (exclusive data folder) may keep its name and takes over at once. */
  readonly identity: string;
  readonly leaseDuration_ms?: number;
  readonly renewDeadline_ms?: number;
  readonly retryPeriod_ms?: number;
}

/** A term of office. */
export interface Leadership {
  /** Aborts when leadership is lost or given up. */
  readonly signal: AbortSignal;
  /** Whether the lease is still held by the clock: false also when a frozen process has just thawed and the signal is not aborted yet. */
  holds(): boolean;
}

interface Settings extends LeaderElectionOptions {
  readonly leaseDuration_ms: number;
  readonly renewDeadline_ms: number;
  readonly retryPeriod_ms: number;
}

const JITTER = 1.2;

/**
 * Campaigns until `signal` aborts. Each time the lease is won, `lead` is called; it must stop acting and resolve when leadership ends
 * (use `fencedClient` for writes). After it the candidate campaigns again. On a clean end the lease is released.
 */
export async function runLeaderElection(options: LeaderElectionOptions, lead: (leadership: Leadership) => Promise<void>, signal: AbortSignal): Promise<void> {
  const settings = withDefaults(options);
  const { clock, random, logger } = settings;
  while (!signal.aborted) {
    const candidate = new Candidate(settings);
    if (!(await candidate.acquire(signal))) return;
    logger.info({ lease: options.lease.name, identity: options.identity }, "became leader");
    const lost = new AbortController();
    const holds = () => !lost.signal.aborted && clock.monotonic_ms() < candidate.renewed_ms + settings.renewDeadline_ms;
    const leading = lead({ signal: lost.signal, holds }).catch((error: unknown) => logger.error({ err: error }, "leading failed"));
    const ended = new AbortController();
    const stopped = leading.then(() => ended.abort());
    await candidate.renew(AbortSignal.any([signal, ended.signal]));
    lost.abort(new Error("no longer the leader"));
    await stopped;
    if (candidate.held()) await candidate.release();
    logger.info({ lease: options.lease.name, identity: options.identity }, "stopped leading");
    if (!signal.aborted) await clock.sleep(settings.retryPeriod_ms * (1 + (JITTER - 1) * random.next()), signal).catch(() => undefined);
  }
}

function withDefaults(options: LeaderElectionOptions): Settings {
  const { leaseDuration_ms = 15_000, renewDeadline_ms = 10_000, retryPeriod_ms = 2000 } = options;
  if (leaseDuration_ms <= renewDeadline_ms) throw new Error("leaseDuration must be greater than renewDeadline");
  if (renewDeadline_ms <= JITTER * retryPeriod_ms) throw new Error("renewDeadline must be greater than 1.2 × retryPeriod");
  return { ...options, leaseDuration_ms, renewDeadline_ms, retryPeriod_ms };
}

/** One campaign: knows the lease as last seen, and since when by its own clock. */
class Candidate {
  readonly #settings: Settings;
  /** The lease as last read or written, and when this was first seen. Other machines' clocks are never compared with ours. */
  #seen: { lease: Lease; at_ms: number } | undefined;
  /** Monotonic time at which the last successful renewal was sent: another candidate counts from a later time. */
  renewed_ms = Number.NEGATIVE_INFINITY;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Tries every retryPeriod until the lease is held (true) or `signal` aborts (false). */
  async acquire(signal: AbortSignal): Promise<boolean> {
    const { clock, random, retryPeriod_ms } = this.#settings;
    while (!signal.aborted) {
      if (await this.#attempt(signal, this.#settings.renewDeadline_ms / 2)) return true;
      await clock.sleep(retryPeriod_ms * (1 + (JITTER - 1) * random.next()), signal).catch(() => undefined);
    }
    return false;
  }

  /** Renews every retryPeriod; resolves when the lease could not be renewed in time, somebody else has it, or `signal` aborts. */
  async renew(signal: AbortSignal): Promise<void> {
    const { clock, retryPeriod_ms, renewDeadline_ms } = this.#settings;
    for (;;) {
      await clock.sleep(Math.min(retryPeriod_ms, this.#remaining_ms()), signal).catch(() => undefined);
      if (signal.aborted || this.#remaining_ms() <= 0) return;
      // Half of the time at most, so that one answer that never comes leaves time for another try.
      await this.#attempt(signal, Math.min(renewDeadline_ms / 2, this.#remaining_ms()));
      if (!this.held() || this.#remaining_ms() <= 0) return;
    }
  }

  /** The lease as last seen names us. */
  held(): boolean {
    return this.#seen?.lease.spec?.holderIdentity === this.#settings.identity;
  }

  /** Gives the lease up so that another may take it at once. */
  async release(): Promise<void> {
    const { client, clock, retryPeriod_ms, logger } = this.#settings;
    const lease = this.#seen?.lease;
    if (lease === undefined) return;
    const now = rfc3339Micro(clock.now_ms());
    const spec = { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
    try {
      await this.#within(retryPeriod_ms, undefined, (signal) => client.update(leases, { ...lease, spec }, { signal }));
    } catch (error) {
      logger.warn({ error: String(error) }, "the lease could not be released; it will run out");
    }
  }

  #remaining_ms(): number {
    return this.renewed_ms + this.#settings.renewDeadline_ms - this.#settings.clock.monotonic_ms();
  }

  /** One try to take or renew the lease, ended after `limit_ms`. Never throws. */
  async #attempt(signal: AbortSignal, limit_ms: number): Promise<boolean> {
    try {
      return await this.#within(limit_ms, signal, (limited) => this.#tryAcquireOrRenew(limited));
    } catch (error) {
      if (!signal.aborted) this.#settings.logger.warn({ lease: this.#settings.lease.name, error: String(error) }, "lease: acquiring or renewing failed");
      return false;
    }
  }

  async #tryAcquireOrRenew(signal: AbortSignal): Promise<boolean> {
    const { client, clock, lease: key, identity } = this.#settings;
    const sent_ms = clock.monotonic_ms();
    if (!this.held()) {
      const current = await client.get(leases, key, { signal }).catch((error: unknown) => {
        if (isReason(error, "NotFound")) return undefined;
        throw error;
      });
      if (current === undefined) return this.#won(await client.create(leases, this.#next(undefined), { signal }), sent_ms);
      this.#observe(current);
      if (!this.#mayTake(current)) return false;
    }
    const old = this.#seen?.lease;
    try {
      return this.#won(await client.update(leases, this.#next(old), { signal }), sent_ms);
    } catch (error) {
      if (!isReason(error, "Conflict") && !isReason(error, "NotFound")) throw error;
      this.#seen = undefined;
      this.#observe(await client.get(leases, key, { signal }));
      if (this.held()) return this.#won(await client.update(leases, this.#next(this.#seen), { signal }), sent_ms);
      this.#settings.logger.info({ lease: key.name, identity }, "another candidate holds the lease");
      return false;
    }
  }

  #won(lease: Lease, sent_ms: number): boolean {
    this.#seen = { lease, at_ms: this.#settings.clock.monotonic_ms() };
    this.renewed_ms = sent_ms;
    return true;
  }

  #observe(lease: Lease): void {
    if (this.#seen?.lease.metadata.resourceVersion === lease.metadata.resourceVersion && this.#seen?.lease.metadata.uid === lease.metadata.uid) return;
    this.#seen = { lease, at_ms: this.#settings.clock.monotonic_ms() };
  }

  /** Nobody holds it, we do, or its holder has not renewed for a whole duration since we first saw this state. */
  #mayTake(lease: Lease): boolean {
    const { clock, identity, leaseDuration_ms } = this.#settings;
    const holder = lease.spec?.holderIdentity;
    if (!holder || holder === identity) return true;
    const duration_ms = lease.spec?.leaseDurationSeconds ? lease.spec.leaseDurationSeconds * 1000 : leaseDuration_ms;
    return (this.#seen?.at_ms ?? 0) + duration_ms <= clock.monotonic_ms();
  }

  /** The lease as we want it: ours, renewed now. */
  #next(old: Lease | { lease: Lease } | undefined): Lease {
    const { clock, identity, lease: key, leaseDuration_ms } = this.#settings;
    const lease = old !== undefined && "lease" in old ? old.lease : old;
    const now = rfc3339Micro(clock.now_ms());
    const keeps = lease?.spec?.holderIdentity === identity;
    const transitions = lease?.spec?.leaseTransitions ?? 0;
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: lease?.metadata ?? { name: key.name, ...(key.namespace ? { namespace: key.namespace } : {}) },
      spec: {
        ...lease?.spec,
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(leaseDuration_ms / 1000),
        acquireTime: keeps ? (lease?.spec?.acquireTime ?? now) : now,
        renewTime: now,
        leaseTransitions: lease === undefined ? 0 : keeps ? transitions : transitions + 1,
      },
    };
  }

  /** Runs `work` with a signal that aborts after `limit_ms` or with `signal`; rejects then even if `work` does not heed it. */
  #within<R>(limit_ms: number, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const limit = new AbortController();
    const onAbort = () => limit.abort(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const timer = this.#settings.clock.after(limit_ms, () => limit.abort(new Error(`no answer within ${limit_ms} ms`)));
    const aborted = new Promise<never>((_, reject) => {
      if (limit.signal.aborted) reject(limit.signal.reason);
      limit.signal.addEventListener("abort", () => reject(limit.signal.reason), { once: true });
    });
    return Promise.race([work(limit.signal), aborted]).finally(() => {
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
    });
  }
}
