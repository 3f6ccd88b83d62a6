import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { importPKCS8, jwtVerify, SignJWT, type CryptoKey, type JWTPayload } from "jose";
import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";

const ALGORITHM = "ES256";
/** Verified tokens are remembered; whether their owners still exist is asked each time. */
const MAX_REMEMBERED = 4_096;

export interface BoundObject {
  readonly name: string;
  readonly uid: string;
}

/** The private claim `kubernetes.io`. */
export interface KubernetesClaim {
  readonly namespace: string;
  readonly serviceaccount: BoundObject;
  readonly pod?: BoundObject;
  readonly node?: BoundObject;
  readonly secret?: BoundObject;
  /** Seconds since the epoch after which use of the token is worth a warning. */
  readonly warnafter?: number;
}

export interface ServiceAccountClaims extends JWTPayload {
  readonly "kubernetes.io": KubernetesClaim;
}

/** Signs and verifies ServiceAccount tokens (JWT, ES256). */
export class ServiceAccountTokens {
  readonly issuer: string;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #privateKey: Promise<CryptoKey>;
  readonly #publicKey: KeyObject;
  readonly #keyId: string;
  readonly #verified = new Map<string, ServiceAccountClaims>();

  constructor(options: { privateKey: string; issuer: string; clock: Clock; random: Random }) {
    this.issuer = options.issuer;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#privateKey = importPKCS8(options.privateKey, ALGORITHM);
    this.#privateKey.catch(() => undefined);
    this.#publicKey = createPublicKey(options.privateKey);
    this.#keyId = createHash("sha256").update(this.#publicKey.export({ type: "spki", format: "der" })).digest("base64url");
  }

  /** A token for the account, valid from now for `lifetime_s`. */
  async sign(claim: KubernetesClaim, audiences: readonly string[], lifetime_s: number): Promise<string> {
    const now_s = Math.floor(this.#clock.now_ms() / 1000);
    const { namespace, serviceaccount } = claim;
    return await new SignJWT({ aud: [...audiences], "kubernetes.io": claim })
      .setProtectedHeader({ alg: ALGORITHM, kid: this.#keyId })
      .setIssuer(this.issuer)
      .setSubject(`system:serviceaccount:${namespace}:${serviceaccount.name}`)
      .setIssuedAt(now_s)
      .setNotBefore(now_s)
      .setExpirationTime(now_s + lifetime_s)
      .setJti(this.#random.uuid())
      .sign(await this.#privateKey);
  }

  /** The claims of a token that we signed for one of these audiences and that has not run out; undefined for all others. */
  verify(token: string, audiences: readonly string[]): ServiceAccountClaims | undefined | Promise<ServiceAccountClaims | undefined> {
    const remembered = this.#verified.get(token);
    if (remembered !== undefined) return this.#good(token, remembered, audiences);
    return this.#verifySignature(token).then((claims) => this.#good(token, claims, audiences));
  }

  #good(token: string, claims: ServiceAccountClaims | undefined, audiences: readonly string[]): ServiceAccountClaims | undefined {
    if (claims === undefined) return undefined;
    const now_s = this.#clock.now_ms() / 1000;
    if ((claims.exp ?? 0) <= now_s || (claims.nbf ?? 0) > now_s + 60) {
      this.#verified.delete(token);
      return undefined;
    }
    const granted = typeof claims.aud === "string" ? [claims.aud] : (claims.aud ?? []);
    return granted.some((audience) => audiences.includes(audience)) ? claims : undefined;
  }

  /** The public key as a JSON Web Key, for those who verify tokens elsewhere. */
  jwk(): Record<string, unknown> {
    return { use: "sig", kid: this.#keyId, alg: ALGORITHM, ...this.#publicKey.export({ format: "jwk" }) };
  }

  async #verifySignature(token: string): Promise<ServiceAccountClaims | undefined> {
    try {
      const { payload } = await jwtVerify<ServiceAccountClaims>(token, this.#publicKey, { algorithms: [ALGORITHM], issuer: this.issuer, currentDate: new Date(this.#clock.now_ms()) });
      if (!isClaim(payload["kubernetes.io"])) return undefined;
      this.#remember(token, payload);
      return payload;
    } catch {
      return undefined;
    }
  }

  #remember(token: string, claims: ServiceAccountClaims): void {
    for (const oldest of this.#verified.keys()) {
      if (this.#verified.size < MAX_REMEMBERED) break;
      this.#verified.delete(oldest);
    }
    this.#verified.set(token, claims);
  }
}

function isClaim(value: unknown): value is KubernetesClaim {
  if (typeof value !== "object" || value === null) return false;
  const { namespace, serviceaccount } = value as Partial<KubernetesClaim>;
  return typeof namespace === "string" && typeof serviceaccount?.name === "string" && typeof serviceaccount.uid === "string";
}
