import { forbidden, notFound, StatusError } from "../../api/status/errors.ts";
import type { CachedObject } from "../registry/cached-object.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./admission.ts";

const IMMORTAL = new Set(["default", "kube-system", "kube-public"]);
const NAMESPACES = { group: "", resource: "namespaces" };

/** Nothing is written into a namespace that is not there, nothing new into one that goes; the namespaces of the system stay. */
export function namespaceLifecycle(namespaces: KindCache, fresh: () => Promise<unknown>): AdmissionPlugin {
  return {
    name: "NamespaceLifecycle",
    onlyRefuses: true,
    admit(request) {
      const { kind, operation, namespace } = request;
      if (operation === "DELETE") {
        if (kind === namespaces.kind && IMMORTAL.has(request.name)) throw forbidden(NAMESPACES, request.name, "this namespace may not be deleted");
        return undefined;
      }
      if (!kind.entry.namespaced || namespace === "" || kind.entry.group === "authorization.k8s.io") return undefined;
      const found = namespaces.get(namespace);
      if (found !== undefined && operation !== "CREATE") return undefined;
      if (found !== undefined && !isTerminating(found)) return undefined;
      // It may have been made or made anew through another server a moment ago.
      return fresh().then(() => check(namespaces.get(namespace), request));
    },
  };
}

function check(found: CachedObject | undefined, request: AdmissionRequest): void {
  const { kind, namespace, name } = request;
  if (found === undefined) throw notFound(NAMESPACES, namespace);
  if (request.operation !== "CREATE" || !isTerminating(found)) return;
  const { status } = forbidden(kind.resource, name, `unable to create new content in namespace ${namespace} because it is being terminated`);
  const causes = [{ reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated`, field: "metadata.namespace" }];
  throw new StatusError({ ...status, details: { ...status.details, causes } });
}

function isTerminating(namespace: CachedObject): boolean {
  if (namespace.kind.selectable.includes("status.phase")) return namespace.field("status.phase") === "Terminating";
  const { status } = namespace.object() as { status?: { phase?: string } };
  return status?.phase === "Terminating";
}
