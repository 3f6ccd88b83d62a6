import type { ApiResponse } from "../../api/exchange.ts";
import { methodNotAllowed } from "../../api/status/errors.ts";
import type { RequestContext } from "../chain/context.ts";

const CONFIGURATION = "/.well-known/openid-configuration";
const KEYS = "/openid/v1/jwks";
/** Keys change rarely; who verifies tokens elsewhere asks again within the hour. */
const CACHE = "public, max-age=3600";

/** What signs the ServiceAccount tokens. */
export interface TokenIssuer {
  readonly issuer: string;
  jwk(): Record<string, unknown>;
}

/**
 * Lets others verify ServiceAccount tokens: OpenID Connect discovery 1.0 and the public keys (RFC 7517). Both paths need a permission
 * (ClusterRole system:service-account-issuer-discovery).
 */
export class OpenIdDiscovery {
  readonly #tokens: TokenIssuer;
  readonly #address: () => string;

  /** `address`: `HOST:PORT` where clients reach this server. */
  constructor(tokens: TokenIssuer, address: () => string) {
    this.#tokens = tokens;
    this.#address = address;
  }

  /** undefined for other paths. @throws StatusError 405 */
  answer(context: RequestContext): ApiResponse | undefined {
    const { path, method } = context.info;
    if (path !== CONFIGURATION && path !== KEYS) return undefined;
    if (method !== "GET") throw methodNotAllowed();
    return path === KEYS ? document("application/jwk-set+json", { keys: [this.#tokens.jwk()] }) : document("application/json", this.#configuration());
  }

  #configuration(): object {
    return {
      issuer: this.#tokens.issuer,
      jwks_uri: `https://${this.#address()}${KEYS}`,
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: [this.#tokens.jwk()["alg"]],
    };
  }
}

function document(type: string, content: object): ApiResponse {
  return { status: 200, headers: { "content-type": type, "cache-control": CACHE }, body: { type: "bytes", bytes: Buffer.from(JSON.stringify(content)) } };
}
