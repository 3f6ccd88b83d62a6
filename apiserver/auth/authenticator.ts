import type { ApiRequest, UserInfo } from "../../api/exchange.ts";
import { unauthorized } from "../../api/status/errors.ts";

export const AUTHENTICATED = "system:authenticated";
export const UNAUTHENTICATED = "system:unauthenticated";

/** Who calls when nobody says so. */
export const ANONYMOUS: UserInfo = { name: "system:anonymous", groups: [UNAUTHENTICATED] };

/** Paths that anybody may read: health and version. */
const OPEN_PATHS = /^\/(?:healthz|livez|readyz|version)\/?$/;

export interface TokenAuthenticator {
  /** Who the bearer token stands for, or undefined when it is none of ours or no longer good. */
  authenticate(token: string): Promise<UserInfo | undefined>;
  /** The same for whoever takes tokens of these audiences (none named: the API's own); with those of them that the token is for. */
  review(token: string, audiences: readonly string[]): Promise<ReviewedToken | undefined>;
}

export interface ReviewedToken {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

/** Finds out who calls: the transport's word (client certificate, in-process), else a bearer token, else anonymous where that is allowed. */
export class Authenticator {
  readonly #tokens: TokenAuthenticator;

  constructor(tokens: TokenAuthenticator) {
    this.#tokens = tokens;
  }

  /** @throws StatusError 401 */
  async authenticate(request: ApiRequest, path: string): Promise<UserInfo> {
    if (request.user !== undefined) return withAuthenticated(request.user);
    const { authorization } = request.headers;
    if (typeof authorization === "string" && authorization !== "") {
      const [scheme = "", token = ""] = authorization.trim().split(/\s+/, 2);
      const user = scheme.toLowerCase() === "bearer" && token !== "" ? await this.#tokens.authenticate(token) : undefined;
      if (user === undefined) throw unauthorized();
      return withAuthenticated(user);
    }
    if (!OPEN_PATHS.test(path)) throw unauthorized();
    return ANONYMOUS;
  }
}

function withAuthenticated(user: UserInfo): UserInfo {
  if (user.groups.includes(AUTHENTICATED) || user.groups.includes(UNAUTHENTICATED)) return user;
  return { ...user, groups: [...user.groups, AUTHENTICATED] };
}
