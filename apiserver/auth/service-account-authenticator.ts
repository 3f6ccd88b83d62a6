import type { UserInfo } from "../../api/exchange.ts";
import type { Clock } from "../../lib/clock.ts";
import type { KindTable } from "../registry/served-kind.ts";
import type { WatchCache } from "../registry/watch-cache.ts";
import type { TokenAuthenticator } from "./authenticator.ts";
import type { BoundObject, ServiceAccountClaims, ServiceAccountTokens } from "./service-account-tokens.ts";

/** A pod's token is good for a moment after its deletion time, so that it can end in peace. */
const DELETION_LEEWAY_MS = 60_000;

/** Tokens of ServiceAccounts: good as long as the account and what the token is bound to exist. */
export class ServiceAccountAuthenticator implements TokenAuthenticator {
  readonly #tokens: ServiceAccountTokens;
  readonly #cache: WatchCache;
  readonly #kinds: KindTable;
  readonly #clock: Clock;

  constructor(options: { tokens: ServiceAccountTokens; cache: WatchCache; kinds: KindTable; clock: Clock }) {
    this.#tokens = options.tokens;
    this.#cache = options.cache;
    this.#kinds = options.kinds;
    this.#clock = options.clock;
  }

  authenticate(token: string): Promise<UserInfo | undefined> {
    return this.authenticateFor(token, [this.#tokens.issuer]);
  }

  /** The same for a token of other audiences (TokenReview). */
  async authenticateFor(token: string, audiences: readonly string[]): Promise<UserInfo | undefined> {
    const claims = await this.#tokens.verify(token, audiences);
    if (claims === undefined) return undefined;
    // Another server may just have deleted the account or the pod: ask what is so now.
    await this.#cache.fresh();
    return this.#stillGood(claims) ? userOf(claims) : undefined;
  }

  #stillGood(claims: ServiceAccountClaims): boolean {
    const { namespace, serviceaccount, pod, node, secret } = claims["kubernetes.io"];
    if (!this.#exists("serviceaccounts", namespace, serviceaccount)) return false;
    if (pod !== undefined && !this.#exists("pods", namespace, pod)) return false;
    if (secret !== undefined && !this.#exists("secrets", namespace, secret)) return false;
    return node === undefined || pod !== undefined || this.#exists("nodes", "", node);
  }

  #exists(plural: string, namespace: string, bound: BoundObject): boolean {
    const kind = this.#kinds.byResource("", "v1", plural);
    const object = kind === undefined ? undefined : this.#cache.of(kind).get(kind.objectKey(namespace, bound.name))?.object();
    if (object === undefined || object.metadata.uid !== bound.uid) return false;
    const deletion = object.metadata.deletionTimestamp;
    return deletion === undefined || Date.parse(deletion) + DELETION_LEEWAY_MS > this.#clock.now_ms();
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
