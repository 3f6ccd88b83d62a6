import type { ApiResponse } from "../../api/exchange.ts";
import { resourceNotFound } from "../../api/status/errors.ts";
import type { ServiceAccountTokens } from "../auth/service-account-tokens.ts";
import type { RequestContext } from "../chain/context.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { handleComponentStatuses } from "./component-statuses.ts";
import { podLog } from "./connect/pod-log.ts";
import { nodeProxy, podProxy, serviceProxy } from "./connect/proxy.ts";
import { podStream, type StreamParts } from "./connect/pod-stream.ts";
import { bindPod } from "./pod-binding.ts";
import { evictPod } from "./pod-eviction.ts";
import type { SubresourceHandler, SubresourceHandlers } from "./subresource-handler.ts";
import { requestToken } from "./token-request.ts";

/** Subresources that do something of their own. */
export function makeActions(parts: StreamParts & { tokens: ServiceAccountTokens }): SubresourceHandlers {
  const { registry, nodes, tokens } = parts;
  const stream: SubresourceHandler = (context, kind) => podStream(parts, kind, context);
  return {
    "pods/attach": stream,
    "pods/exec": stream,
    "pods/portforward": stream,
    "pods/log": (context, kind) => podLog(registry, nodes, kind, context),
    "pods/proxy": (context, kind) => podProxy(parts, kind, context),
    "services/proxy": (context, kind) => serviceProxy(parts, kind, context),
    "nodes/proxy": (context, kind) => nodeProxy(parts, kind, context),
    "pods/binding": (context, kind) => bindPod(registry, kind, context, context.info.name),
    "pods/eviction": (context, kind) => evictPod(registry, kind, context),
    "serviceaccounts/token": (context, kind) => requestToken(registry, tokens, kind, context),
  };
}

/** Kinds that are answered and never stored. */
export function makeVirtual(registry: Registry): Readonly<Record<string, (context: RequestContext, kind: ServedKind) => Promise<ApiResponse>>> {
  return {
    bindings: async (context) => {
      const pods = registry.kinds.byResource("", "v1", "pods");
      if (pods === undefined) throw resourceNotFound();
      return await bindPod(registry, pods, context, "");
    },
    componentstatuses: (context, kind) => handleComponentStatuses(registry, context, kind),
  };
}
