import type { UserInfo } from "../../api/exchange.ts";
import type { Clock } from "../../lib/clock.ts";
import type { CachedObject } from "../registry/cached-object.ts";
import type { KindTable } from "../registry/served-kind.ts";
import type { WatchCache } from "../registry/watch-cache.ts";
import type { ReviewedToken, TokenAuthenticator } from "./authenticator.ts";
import type { BoundObject, ServiceAccountClaims, ServiceAccountTokens } from "./service-account-tokens.ts";

/** A pod's token is good for a moment after its deletion time, so that it can end in peace. */
const DELETION_LEEWAY_MS = 60_000;

/** Whom a token stands for, as long as the cache has these very states of what it depends on; it had them at `revision`. */
interface KnownUser {
  /** Not the objects: a remembered token would keep them in memory after their deletion. */
  readonly owners: readonly Pick<CachedObject, "kind" | "key" | "revision">[];
  readonly user: UserInfo;
  revision: number;
}

/** Tokens of ServiceAccounts: good as long as the account and what the token is bound to exist. */
export class ServiceAccountAuthenticator implements TokenAuthenticator {
  readonly #tokens: ServiceAccountTokens;
  readonly #cache: WatchCache;
  readonly #kinds: KindTable;
  readonly #clock: Clock;
  readonly #known = new WeakMap<ServiceAccountClaims, KnownUser>();

  constructor(options: { tokens: ServiceAccountTokens; cache: WatchCache; kinds: KindTable; clock: Clock }) {
    this.#tokens = options.tokens;
    this.#cache = options.cache;
    this.#kinds = options.kinds;
    this.#clock = options.clock;
  }

  authenticate(token: string): UserInfo | undefined | Promise<UserInfo | undefined> {
    const verified = this.#tokens.verify(token, [this.#tokens.issuer]);
    if (verified instanceof Promise) return verified.then((claims) => this.#userOf(claims));
    return this.#userOf(verified);
  }

  async review(token: string, audiences: readonly string[]): Promise<ReviewedToken | undefined> {
    const asked = audiences.length === 0 ? [this.#tokens.issuer] : audiences;
    const claims = await this.#tokens.verify(token, asked);
    const user = await this.#userOf(claims);
    if (claims === undefined || user === undefined) return undefined;
    const granted = typeof claims.aud === "string" ? [claims.aud] : (claims.aud ?? []);
    return { user, audiences: asked.filter((audience) => granted.includes(audience)) };
  }

  #userOf(claims: ServiceAccountClaims | undefined): UserInfo | undefined | Promise<UserInfo | undefined> {
    if (claims === undefined) return undefined;
    // Another server may just have deleted the account or the pod: ask what is so now.
    const fresh = this.#cache.fresh();
    return fresh instanceof Promise ? fresh.then(() => this.#knownOr(claims)) : this.#knownOr(claims);
  }

  #knownOr(claims: ServiceAccountClaims): UserInfo | undefined {
    const known = this.#known.get(claims);
    const { revision } = this.#cache;
    if (known?.revision === revision) return known.user;
    if (!known?.owners.every(({ kind, key, revision: seen }) => this.#cache.of(kind).get(key)?.revision === seen)) return this.#look(claims);
    known.revision = revision;
    return known.user;
  }

  /** Looks the owners up and remembers them: as long as the cache has these very states, nothing has changed. */
  #look(claims: ServiceAccountClaims): UserInfo | undefined {
    const { namespace, serviceaccount, pod, node, secret } = claims["kubernetes.io"];
    const wanted: [string, string, BoundObject | undefined][] = [["serviceaccounts", namespace, serviceaccount], ["pods", namespace, pod], ["secrets", namespace, secret], ["nodes", "", pod === undefined ? node : undefined]];
    const owners: KnownUser["owners"][number][] = [];
    let lasting = true;
    for (const [plural, where, bound] of wanted) {
      if (bound === undefined) continue;
      const owner = this.#find(plural, where, bound);
      const metadata = owner?.object().metadata;
      if (owner === undefined || metadata?.uid !== bound.uid) return undefined;
      const { deletionTimestamp } = metadata;
      if (deletionTimestamp !== undefined && Date.parse(deletionTimestamp) + DELETION_LEEWAY_MS <= this.#clock.now_ms()) return undefined;
      // One that is being deleted must be looked at each time: its token runs out by the clock.
      lasting &&= deletionTimestamp === undefined;
      owners.push({ kind: owner.kind, key: owner.key, revision: owner.revision });
    }
    const user = userOf(claims);
    if (lasting) this.#known.set(claims, { owners, user, revision: this.#cache.revision });
    return user;
  }

  #find(plural: string, namespace: string, bound: BoundObject): CachedObject | undefined {
    const kind = this.#kinds.byResource("", "v1", plural);
    return kind === undefined ? undefined : this.#cache.of(kind).get(kind.objectKey(namespace, bound.name));
  }
}

/** The user that a token stands for. */
export function userOf(claims: ServiceAccountClaims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims["kubernetes.io"];
  const extra: Record<string, string[]> = {};
  if (claims.jti !== undefined) extra["authentication.kubernetes.io/credential-id"] = [`JTI=${claims.jti}`];
  if (node !== undefined) Object.assign(extra, { "authentication.kubernetes.io/node-name": [node.name], "authentication.kubernetes.io/node-uid": [node.uid] });
  if (pod !== undefined) Object.assign(extra, { "authentication.kubernetes.io/pod-name": [pod.name], "authentication.kubernetes.io/pod-uid": [pod.uid] });
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    extra,
  };
}
