import type { ApiResponse } from "../api/exchange.ts";
import { answerNotFoundText, answerObject } from "./chain/answer.ts";
import type { RequestContext } from "./chain/context.ts";
import type { Health } from "./chain/health.ts";
import { VERSION_INFO } from "./chain/version.ts";
import { handleResource, type ResourceServices } from "./rest/resource-handler.ts";

/** Where a request goes that is allowed to go there. */
export function makeRouter(services: ResourceServices, health: Health): (context: RequestContext) => Promise<ApiResponse> {
  return async (context) => {
    const { info } = context;
    if (info.isResource) return await handleResource(services, context);
    const healthy = await health.answer(context);
    if (healthy !== undefined) return healthy;
    if (info.path === "/version" || info.path === "/version/") return answerObject(context, { mediaType: "json", contentType: "application/json", pretty: true }, undefined, VERSION_INFO, 200);
    return answerNotFoundText();
  };
}
