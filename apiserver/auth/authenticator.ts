import type { ApiRequest, UserInfo } from "../../api/exchange.ts";
import { unauthorized } from "../../api/status/errors.ts";
import { TOKEN_PROTOCOL, wantsWebSocket } from "../chain/websocket.ts";

export const AUTHENTICATED = "system:authenticated";
export const UNAUTHENTICATED = "system:unauthenticated";

/** Who calls when nobody says so. */
export const ANONYMOUS: UserInfo = { name: "system:anonymous", groups: [UNAUTHENTICATED] };

/** Paths that anybody may read: health and version. */
const OPEN_PATHS = /^\/(?:healthz|livez|readyz|version)\/?$/;

export interface TokenAuthenticator {
  /** Who the bearer token stands for, or undefined when it is none of ours or no longer good. */
  authenticate(token: string): UserInfo | undefined | Promise<UserInfo | undefined>;
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

  /** At once where nothing has to be asked: on the way of every request. @throws StatusError 401 */
  authenticate(request: ApiRequest, path: string): UserInfo | Promise<UserInfo> {
    if (request.user !== undefined) return withAuthenticated(request.user);
    const authorization = request.headers["authorization"] ?? socketToken(request);
    if (typeof authorization === "string" && authorization !== "") {
      const token = bearerToken(authorization);
      const found = token === "" ? undefined : this.#tokens.authenticate(token);
      return found instanceof Promise ? found.then(authenticated) : authenticated(found);
    }
    if (!OPEN_PATHS.test(path)) throw unauthorized();
    return ANONYMOUS;
  }
}

function authenticated(user: UserInfo | undefined): UserInfo {
  if (user === undefined) throw unauthorized();
  return withAuthenticated(user);
}

const BEARER = "bearer ";

/** The token of `Bearer TOKEN`, "" for other schemes. Tokens are long: they are cut out, not searched. */
function bearerToken(authorization: string): string {
  // As nearly all send it.
  if (authorization.startsWith("Bearer ") && !authorization.includes(" ", BEARER.length)) return authorization.slice(BEARER.length);
  const trimmed = authorization.trim();
  if (trimmed.slice(0, BEARER.length).toLowerCase() !== BEARER) return "";
  const rest = trimmed.slice(BEARER.length).trimStart();
  const end = rest.indexOf(" ");
  return end < 0 ? rest : rest.slice(0, end);
}

/** What a browser's WebSocket says in place of the header that it cannot set; another subprotocol must be offered beside the token, since the token is never answered. */
function socketToken(request: ApiRequest): string | undefined {
  if (!wantsWebSocket(request)) return undefined;
  const offered = String(request.headers["sec-websocket-protocol"] ?? "").split(",").map((protocol) => protocol.trim());
  const tokens = offered.filter((protocol) => protocol.startsWith(TOKEN_PROTOCOL));
  if (tokens.length === 0) return undefined;
  const encoded = (tokens[0] ?? "").slice(TOKEN_PROTOCOL.length);
  const token = Buffer.from(encoded, "base64url");
  if (tokens.length > 1 || tokens.length === offered.length || token.toString("base64url") !== encoded) throw unauthorized();
  return `Bearer ${token.toString("utf8")}`;
}

/** Users of connections and callers in this process, as they are asked about: the same ones come again with each request. */
const completed = new WeakMap<UserInfo, UserInfo>();

function withAuthenticated(user: UserInfo): UserInfo {
  if (user.groups.includes(AUTHENTICATED) || user.groups.includes(UNAUTHENTICATED)) return user;
  let complete = completed.get(user);
  if (complete === undefined) completed.set(user, (complete = { ...user, groups: [...user.groups, AUTHENTICATED] }));
  return complete;
}
