import { invalid } from "../../api/status/errors.ts";
import { forbidden } from "../../api/status/field-error.ts";
import { type FieldPath, fieldPath } from "../../api/status/field-path.ts";
import type { ResourceClaim, ResourceClaimTemplate } from "../../api/wire.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./admission.ts";

const LABEL = "resource.kubernetes.io/admin-access";

/** Access to devices that are in use already is asked for and given in namespaces only that are marked for it (KEP-5018). */
export function deviceAdminAccess(namespaces: KindCache, fresh: () => Promise<unknown>): AdmissionPlugin {
  return {
    name: "DeviceAdminAccess",
    validate(request) {
      const path = request.kind.entry.group === "resource.k8s.io" ? accessPath(request) : undefined;
      if (path === undefined || isMarked(namespaces, request.namespace)) return undefined;
      return fresh().then(() => {
        if (isMarked(namespaces, request.namespace)) return;
        const error = forbidden(path, `admin access to devices requires the \`${LABEL}: true\` label on the containing namespace`);
        throw invalid(request.kind.entry, request.name, [error]);
      });
    },
  };
}

/** Where the request asks for it anew. What is in a spec stays as it was created. */
function accessPath({ kind, operation, subresource, object, oldObject }: AdmissionRequest): FieldPath | undefined {
  if (kind.entry.kind === "ResourceClaim" && operation === "UPDATE" && subresource === "status") return grantedPath(oldObject as ResourceClaim) === undefined ? grantedPath(object as ResourceClaim) : undefined;
  if (operation !== "CREATE" || subresource !== "") return undefined;
  if (kind.entry.kind === "ResourceClaim") return requestedPath((object as ResourceClaim).spec);
  return kind.entry.kind === "ResourceClaimTemplate" ? requestedPath((object as ResourceClaimTemplate).spec?.spec) : undefined;
}

function requestedPath(spec: ResourceClaim["spec"] | undefined): FieldPath | undefined {
  const index = spec?.devices?.requests?.findIndex(({ exactly }) => exactly?.adminAccess === true) ?? -1;
  return index < 0 ? undefined : fieldPath("spec", "devices", "requests").index(index).child("adminAccess");
}

function grantedPath({ status }: ResourceClaim): FieldPath | undefined {
  const index = status?.allocation?.devices?.results?.findIndex(({ adminAccess }) => adminAccess === true) ?? -1;
  return index < 0 ? undefined : fieldPath("status", "allocation", "devices", "results").index(index).child("adminAccess");
}

function isMarked(namespaces: KindCache, name: string): boolean {
  return namespaces.get(name)?.object().metadata.labels?.[LABEL] === "true";
}
