import { defaultReplicationController } from "../../defaults/workload.ts";
import { fieldPath } from "../../status/field-path.ts";
import { templateWarnings } from "../../validation/pod/warnings.ts";
import { validateReplicationController, validateReplicationControllerStatusUpdate, validateReplicationControllerUpdate } from "../../validation/replication-controller.ts";
import type { ReplicationController } from "../../wire.ts";
import { ageColumn, column, containerColumns, labelsText, NONE, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { ScaleAccess } from "../kind.ts";
import { statusOnly } from "../strategies.ts";
import { hasNewGeneration, nameWarnings, templated } from "../templated.ts";

const TEMPLATE = fieldPath("spec", "template");
const integer = { type: "integer" } as const;

const scale: ScaleAccess<ReplicationController> = {
  replicas: (controller) => controller.spec?.replicas ?? 0,
  setReplicas(controller, replicas) {
    if (controller.spec) controller.spec.replicas = replicas;
  },
  statusReplicas: (controller) => controller.status?.replicas ?? 0,
  selector(controller) {
    const text = labelsText(controller.spec?.selector);
    return text === NONE ? "" : text;
  },
};

export const replicationController = defineKind<ReplicationController>({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  plural: "replicationcontrollers",
  shortNames: ["rc"],
  categories: ["all"],
  namespaced: true,
  definition: "io.k8s.api.core.v1.ReplicationController",
  subresources: {
    scale: { type: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: ["get", "patch", "update"], scale },
    status: statusSubresource("ReplicationController", { ...statusOnly<ReplicationController>(), validateUpdate: validateReplicationControllerStatusUpdate }),
  },
  strategy: {
    orphansDependents: {},
    applyDefaults: defaultReplicationController,
    ...templated<ReplicationController>("io.k8s.api.core.v1.ReplicationControllerSpec", (controller) => controller.spec?.template),
    validate: (controller, context) => validateReplicationController(controller, context.allowPrivileged ?? false),
    validateUpdate: (controller, old, context) => validateReplicationControllerUpdate(controller, old, context.allowPrivileged ?? false),
    // On updates Kubernetes looks at the template that was there.
    warnings: (controller, old) => [...(old ? [] : nameWarnings(controller.metadata)), ...(hasNewGeneration(controller, old) ? templateWarnings((old ?? controller).spec?.template, TEMPLATE) : [])],
  },
  columns: [
    nameColumn,
    column("Desired", "Pods that are wanted.", (controller) => controller.spec?.replicas ?? 0, integer),
    column("Current", "Pods that are there.", (controller) => controller.status?.replicas ?? 0, integer),
    column("Ready", "Pods that are ready.", (controller) => controller.status?.readyReplicas ?? 0, integer),
    ageColumn,
    ...containerColumns<ReplicationController>((controller) => controller.spec?.template?.spec),
    column("Selector", "Labels of its pods.", (controller) => labelsText(controller.spec?.selector), { wide: true }),
  ],
  selectableFields: { "status.replicas": (controller) => String(controller.status?.replicas ?? 0) },
});
