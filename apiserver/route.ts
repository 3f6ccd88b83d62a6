import type { ApiAnswer, ApiResponse } from "../api/exchange.ts";
import { methodNotAllowed, resourceNotFound } from "../api/status/errors.ts";
import type { Aggregator } from "./aggregation/aggregator.ts";
import { answerHeaders, answerNotFoundText, answerObject, negotiate } from "./chain/answer.ts";
import type { RequestContext } from "./chain/context.ts";
import type { Health } from "./chain/health.ts";
import type { Metrics } from "./chain/metrics.ts";
import { VERSION_INFO } from "./chain/version.ts";
import type { Discovery } from "./discovery/discovery.ts";
import type { OpenApi } from "./discovery/openapi.ts";
import type { OpenIdDiscovery } from "./discovery/openid.ts";
import { handleResource, type ResourceServices } from "./rest/resource-handler.ts";

/** What lies beside the resources. */
export interface Surroundings {
  readonly health: Health;
  readonly aggregator: Aggregator;
  readonly discovery: Discovery;
  readonly openapi: OpenApi;
  readonly openid: OpenIdDiscovery;
  readonly metrics: Metrics;
}

/** Where a request goes that is allowed to go there. */
export function makeRouter(services: ResourceServices, around: Surroundings): (context: RequestContext) => ApiAnswer {
  return (context) => {
    const { info } = context;
    if (around.aggregator.serves(info)) return around.aggregator.answer(context);
    return info.isResource ? handleResource(services, context) : answerOther(around, context);
  };
}

async function answerOther(around: Surroundings, context: RequestContext): Promise<ApiResponse> {
  const { info } = context;
  const found = around.discovery.answer(context) ?? (await around.openapi.answer(context)) ?? around.openid.answer(context) ?? (await around.health.answer(context)) ?? (await around.metrics.answer(context));
  if (found !== undefined) return found;
  if (info.path === "/version" || info.path === "/version/") return answerVersion(context);
  if (info.path.startsWith("/version/")) throw resourceNotFound();
  if (info.path === "/") return answerObject(context, negotiate(context, { offered: ["json"] }), undefined, { paths: PATHS }, 200);
  return answerNotFoundText();
}

/** What `/` lists. */
const PATHS = ["/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/openid/v1/jwks", "/readyz", "/version"];

function answerVersion(context: RequestContext): ApiResponse {
  if (context.info.method !== "GET") throw methodNotAllowed();
  negotiate(context, { offered: ["json"] });
  const headers = answerHeaders(context, "application/json");
  if (context.request.acceptsObjects === true) return { status: 200, headers, body: { type: "object", object: VERSION_INFO } };
  // Field by field in the order of Kubernetes, always indented.
  return { status: 200, headers, body: { type: "bytes", bytes: Buffer.from(JSON.stringify(VERSION_INFO, null, 2)) } };
}
