import type { ApiAnswer, ApiHandler, ApiRequest, ApiResponse, UserInfo } from "../../api/exchange.ts";
import { internalError, serviceUnavailable, StatusError, timeout } from "../../api/status/errors.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { when } from "../../lib/when.ts";
import { UnavailableError } from "../../store/store.ts";
import { accessRequestOf, type Authorizer, forbiddenError } from "../auth/authorizer.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import { asksToImpersonate, impersonate } from "../auth/impersonation.ts";
import { answerError, answerText } from "./answer.ts";
import type { RequestContext } from "./context.ts";
import { BadPathError, parseRequest, type RequestInfo } from "./request-info.ts";

/** Largest request body in bytes, as in Kubernetes. */
export const MAX_BODY_BYTES = 3 << 20;

/** What the chain is made of. */
export interface ChainParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** More requests whose body goes on to a backend as it comes (those of pods, services and nodes do anyway). */
  passesBody?(info: RequestInfo): boolean;
  /** Resources, or what lies beside them (discovery, health, metrics). */
  route(context: RequestContext): ApiAnswer;
  /** Called for each answer, for metrics and audit. */
  observe(context: Pick<RequestContext, "info" | "user">, status: number, took_ms: number): void;
}

/** Methods whose body means nothing to the API. */
const BODILESS = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

const NOBODY: UserInfo = { name: "", groups: [] };

/** A context that is still being found out about. */
type OpenContext = RequestContext & { user: UserInfo };

/** The way of every request: who is it, may they, what do they want. Never throws for a request's fault; answered at once where nothing has to be waited for. */
export function makeChain(parts: ChainParts): ApiHandler {
  return (request) => {
    let info: RequestInfo;
    try {
      info = parseRequest(request.method, request.url);
    } catch (error) {
      if (error instanceof BadPathError) return answerText(error.code, error.message);
      throw error;
    }
    const started_ms = parts.clock.monotonic_ms();
    const context: OpenContext = { request, info, user: NOBODY, now_ms: parts.clock.now_ms(), warnings: [] };
    return when(answer(parts, context), (response) => {
      parts.observe(context, response.status, parts.clock.monotonic_ms() - started_ms);
      return response;
    });
  };
}

function answer(parts: ChainParts, context: OpenContext): ApiAnswer {
  try {
    const made = when(parts.authenticator.authenticate(context.request, context.info.path), (caller) => authorized(parts, context, caller));
    return made instanceof Promise ? made.catch((error: unknown) => refusal(parts, context, error)) : made;
  } catch (error) {
    return refusal(parts, context, error);
  }
}

/** @throws StatusError 403 */
function authorized(parts: ChainParts, context: OpenContext, caller: UserInfo): ApiAnswer {
  const { info, request } = context;
  return when(asksToImpersonate(request) ? impersonate(request, caller, parts.authorizer) : caller, (user) => {
    context.user = user;
    const access = accessRequestOf(user, info);
    return when(parts.authorizer.authorize(access), (decision) => {
      if (decision.verdict !== "allow") throw forbiddenError(access, decision.reason);
      return routed(parts, context);
    });
  });
}

/** The body is read only now: nobody who may not write makes the server hold it. One that is too large is refused where it is used. */
function routed(parts: ChainParts, context: RequestContext): ApiAnswer {
  const { info, request } = context;
  const { body } = request;
  const passed = (info.isResource && info.subresource === "proxy") || parts.passesBody?.(info) === true;
  if (passed || body?.type !== "unread" || BODILESS.has(info.method)) return parts.route(context);
  return body.read(MAX_BODY_BYTES).then((bytes) => parts.route({ ...context, request: new ReadRequest(request, bytes) }));
}

/** A request whose body has been read. */
class ReadRequest implements ApiRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: ApiRequest["headers"];
  readonly user?: UserInfo;
  readonly body: NonNullable<ApiRequest["body"]>;
  readonly upgradable?: boolean;
  readonly acceptsObjects?: boolean;
  readonly #request: ApiRequest;

  constructor(request: ApiRequest, bytes: Uint8Array) {
    this.#request = request;
    this.method = request.method;
    this.url = request.url;
    this.headers = request.headers;
    this.body = { type: "bytes", bytes };
    if (request.user !== undefined) this.user = request.user;
    if (request.upgradable !== undefined) this.upgradable = request.upgradable;
    if (request.acceptsObjects !== undefined) this.acceptsObjects = request.acceptsObjects;
  }

  get remoteAddress(): string | undefined {
    return this.#request.remoteAddress;
  }

  // Not copied: a transport makes its signal only when somebody looks at it.
  get signal(): AbortSignal {
    return this.#request.signal;
  }
}

function refusal(parts: ChainParts, context: RequestContext, error: unknown): ApiResponse {
  return answerError(context, asStatusError(parts.logger, context, error));
}

function asStatusError(logger: Logger, context: RequestContext, error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (context.request.signal.aborted) return timeout("the client is gone");
  if (error instanceof UnavailableError) {
    logger.warn({ err: error, path: context.info.path }, "the store is not available");
    return serviceUnavailable(`the store is not available: ${error.message}`);
  }
  logger.error({ err: error, method: context.info.method, path: context.info.path }, "request failed");
  return internalError(error instanceof Error ? error.message : String(error));
}
