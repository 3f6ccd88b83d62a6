import { isDeepStrictEqual } from "node:util";
import { forbidden } from "../../api/status/errors.ts";
import type { Pod } from "../../api/wire.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import type { AdmissionPlugin } from "./admission.ts";

/** A pod on a node changes its resources only where that node is known. */
export function podResize(nodes: KindCache, fresh: () => Promise<unknown>): AdmissionPlugin {
  return {
    name: "PodResize",
    validate(request) {
      if (request.kind.entry.kind !== "Pod" || request.subresource !== "resize" || request.operation !== "UPDATE") return undefined;
      const pod = request.object as Pod;
      const nodeName = pod.spec?.nodeName;
      if (!nodeName || isDeepStrictEqual(pod.spec, (request.oldObject as Pod).spec) || nodes.get(nodeName) !== undefined) return undefined;
      return fresh().then(() => {
        if (nodes.get(nodeName) === undefined) throw forbidden(request.kind.resource, request.name, `node ${JSON.stringify(nodeName)} not found`);
      });
    },
  };
}
