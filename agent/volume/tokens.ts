import { serviceaccounts } from "../../api/resources.ts";
import type { Pod } from "../../api/wire.ts";
import type { Client } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import { uidOf } from "../pod/spec.ts";
import type { TokenSpec } from "./payload.ts";

/** What is read of the answer. */
interface TokenAnswer {
  readonly status?: { readonly token?: string; readonly expirationTimestamp?: string };
}

interface Entry {
  readonly token: string;
  readonly issuedAt_ms: number;
  readonly expiresAt_ms: number;
}

const DEFAULT_LIFETIME_S = 3600;
/** A token is renewed when this share of its life has passed, or a day. */
const RENEW_SHARE = 0.8;
const RENEW_AFTER_MS = 24 * 3_600_000;

/** ServiceAccount tokens of pods, bound to them, kept until they are due for renewal. */
export class TokenManager {
  readonly #client: Client;
  readonly #clock: Clock;
  /** By pod uid, then by audience and lifetime. */
  readonly #entries = new Map<string, Map<string, Entry>>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** A token for the pod. One that is due for renewal but still good is given when no new one can be had. */
  async get(pod: Pod, spec: TokenSpec): Promise<string> {
    const uid = uidOf(pod);
    const key = JSON.stringify([spec.audience ?? "", spec.expirationSeconds ?? DEFAULT_LIFETIME_S]);
    const known = this.#entries.get(uid)?.get(key);
    if (known !== undefined && this.#clock.now_ms() < renewAt(known)) return known.token;
    try {
      const entry = await this.#request(pod, spec);
      const ofPod = this.#entries.get(uid) ?? new Map<string, Entry>();
      this.#entries.set(uid, ofPod.set(key, entry));
      return entry.token;
    } catch (error) {
      if (known !== undefined && this.#clock.now_ms() < known.expiresAt_ms) return known.token;
      throw new Error(`failed to fetch token: ${(error as Error).message}`, { cause: error });
    }
  }

  /** When the first token of the pod is due; undefined when it has none. */
  renewAt(uid: string): number | undefined {
    const times = [...(this.#entries.get(uid)?.values() ?? [])].map(renewAt);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  forget(uid: string): void {
    this.#entries.delete(uid);
  }

  async #request(pod: Pod, spec: TokenSpec): Promise<Entry> {
    const { namespace = "", name = "" } = pod.metadata;
    const account = pod.spec?.serviceAccountName || "default";
    const body = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: {},
      spec: {
        audiences: spec.audience === undefined || spec.audience === "" ? [] : [spec.audience],
        expirationSeconds: spec.expirationSeconds ?? DEFAULT_LIFETIME_S,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid: uidOf(pod) },
      },
    };
    const issuedAt_ms = this.#clock.now_ms();
    const answer = await this.#client.createSubresource<typeof body, TokenAnswer>(serviceaccounts, { namespace, name: account }, "token", body);
    const { token, expirationTimestamp } = answer.status ?? {};
    if (token === undefined || expirationTimestamp === undefined) throw new Error("the API server answered without a token");
    return { token, issuedAt_ms, expiresAt_ms: Date.parse(expirationTimestamp) };
  }
}

function renewAt(entry: Entry): number {
  return entry.issuedAt_ms + Math.min(RENEW_AFTER_MS, RENEW_SHARE * (entry.expiresAt_ms - entry.issuedAt_ms));
}
