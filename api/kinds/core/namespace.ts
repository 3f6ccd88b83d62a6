import { validateNamespace, validateNamespaceFinalize, validateNamespaceStatusUpdate, validateNamespaceUpdate } from "../../validation/namespace.ts";
import type { Namespace } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { UpdateStrategy } from "../kind.ts";
import { restoreField, statusOnly } from "../strategies.ts";

const NAME_LABEL = "kubernetes.io/metadata.name";
const FINALIZER = "kubernetes";

/** The label by which selectors find a namespace of that name: the server's own. */
function labelWithName(namespace: Namespace): void {
  if (namespace.metadata.name) (namespace.metadata.labels ??= {})[NAME_LABEL] = namespace.metadata.name;
}

function applyDefaults(namespace: Namespace): void {
  labelWithName(namespace);
  (namespace.status ??= {}).phase ||= "Active";
}

const statusStrategy: UpdateStrategy<Namespace> = {
  ...statusOnly<Namespace>(),
  validateUpdate: validateNamespaceStatusUpdate,
};

/** /finalize: the only way to take finalizers away from a namespace. */
const finalizeStrategy: UpdateStrategy<Namespace> = {
  prepareForUpdate: (namespace, old) => restoreField(namespace, old, "status"),
  validateUpdate: validateNamespaceFinalize,
};

export const namespace = defineKind<Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  shortNames: ["ns"],
  namespaced: false,
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  definition: "io.k8s.api.core.v1.Namespace",
  subresources: {
    finalize: { type: "finalize", kind: "Namespace", verbs: ["update"], strategy: finalizeStrategy },
    status: statusSubresource("Namespace", statusStrategy),
  },
  strategy: {
    applyDefaults,
    prepareForCreate(namespace) {
      labelWithName(namespace);
      namespace.status = { phase: "Active" };
      const spec = (namespace.spec ??= {});
      if (!spec.finalizers?.includes(FINALIZER)) spec.finalizers = [...(spec.finalizers ?? []), FINALIZER];
    },
    validate: validateNamespace,
    prepareForUpdate(namespace, old) {
      restoreField(namespace, old, "spec");
      restoreField(namespace, old, "status");
    },
    validateUpdate: validateNamespaceUpdate,
  },
  selectableFields: { "status.phase": (namespace) => namespace.status?.phase ?? "", name: (namespace) => namespace.metadata.name ?? "" },
  columns: [nameColumn, column("Status", "Active, or Terminating while it is being deleted.", (namespace) => namespace.status?.phase ?? ""), ageColumn],
});
