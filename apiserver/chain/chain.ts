import type { ApiHandler, ApiRequest, ApiResponse, UserInfo } from "../../api/exchange.ts";
import { internalError, serviceUnavailable, StatusError, timeout } from "../../api/status/errors.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
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
  route(context: RequestContext): Promise<ApiResponse>;
  /** Called for each answer, for metrics and audit. */
  observe(context: Pick<RequestContext, "info" | "user">, status: number, took_ms: number): void;
}

/** Methods whose body means nothing to the API. */
const BODILESS = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

const NOBODY: UserInfo = { name: "", groups: [] };

/** The way of every request: who is it, may they, what do they want. Never throws for a request's fault. */
export function makeChain(parts: ChainParts): ApiHandler {
  return async (request) => {
    let info: RequestInfo;
    try {
      info = parseRequest(request.method, request.url);
    } catch (error) {
      if (error instanceof BadPathError) return answerText(error.code, error.message);
      throw error;
    }
    const started_ms = parts.clock.monotonic_ms();
    const context: RequestContext & { user: UserInfo } = { request, info, user: NOBODY, now_ms: parts.clock.now_ms(), warnings: [] };
    const response = await answer(parts, request, context);
    parts.observe(context, response.status, parts.clock.monotonic_ms() - started_ms);
    return response;
  };
}

async function answer(parts: ChainParts, request: ApiRequest, context: RequestContext & { user: UserInfo }): Promise<ApiResponse> {
  const { info } = context;
  try {
    // Awaited only where it must be: each turn through the queue of promises costs every request.
    const authenticating = parts.authenticator.authenticate(request, info.path);
    const caller = authenticating instanceof Promise ? await authenticating : authenticating;
    context.user = asksToImpersonate(request) ? await impersonate(request, caller, parts.authorizer) : caller;
    const access = accessRequestOf(context.user, info);
    const authorizing = parts.authorizer.authorize(access);
    const decision = authorizing instanceof Promise ? await authorizing : authorizing;
    if (decision.verdict !== "allow") throw forbiddenError(access, decision.reason);
    const passed = (info.isResource && info.subresource === "proxy") || parts.passesBody?.(info) === true;
    return await parts.route(passed || context.request.body === undefined ? context : await withBody(context));
  } catch (error) {
    return answerError(context, asStatusError(parts.logger, context, error));
  }
}

/** The body is read only now: nobody who may not write makes the server hold it. One that is too large is refused where it is used. */
async function withBody(context: RequestContext): Promise<RequestContext> {
  const { body } = context.request;
  if (body?.type !== "unread" || BODILESS.has(context.info.method)) return context;
  const bytes = await body.read(MAX_BODY_BYTES);
  return { ...context, request: withBytes(context.request, bytes) };
}

function withBytes(request: ApiRequest, bytes: Uint8Array): ApiRequest {
  const { method, url, headers, user, upgradable, acceptsObjects } = request;
  return {
    method,
    url,
    headers,
    ...(user === undefined ? {} : { user }),
    ...(upgradable === undefined ? {} : { upgradable }),
    ...(acceptsObjects === undefined ? {} : { acceptsObjects }),
    body: { type: "bytes", bytes },
    get remoteAddress() {
      return request.remoteAddress;
    },
    // Not copied: a transport makes its signal only when somebody looks at it.
    get signal() {
      return request.signal;
    },
  };
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
