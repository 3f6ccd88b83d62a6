import { defaultReplicaSet } from "../../defaults/workload.ts";
import { fieldPath } from "../../status/field-path.ts";
import { validateReplicaSet, validateReplicaSetStatusUpdate, validateReplicaSetUpdate } from "../../validation/apps/replica-set.ts";
import { templateWarnings } from "../../validation/pod/warnings.ts";
import type { ReplicaSet } from "../../wire.ts";
import { ageColumn, column, containerColumns, nameColumn, selectorText } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { statusOnly } from "../strategies.ts";
import { hasNewGeneration, nameWarnings, scaleSubresource, templated } from "../templated.ts";

const TEMPLATE = fieldPath("spec", "template");
const integer = { type: "integer" } as const;

export const replicaSet = defineKind<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  shortNames: ["rs"],
  categories: ["all"],
  namespaced: true,
  definition: "io.k8s.api.apps.v1.ReplicaSet",
  subresources: {
    scale: scaleSubresource<ReplicaSet>(),
    status: statusSubresource("ReplicaSet", { ...statusOnly<ReplicaSet>(), validateUpdate: validateReplicaSetStatusUpdate }),
  },
  strategy: {
    applyDefaults: defaultReplicaSet,
    ...templated<ReplicaSet>("io.k8s.api.apps.v1.ReplicaSetSpec", (replicaSet) => replicaSet.spec?.template),
    validate: (replicaSet, context) => validateReplicaSet(replicaSet, context.allowPrivileged ?? false),
    validateUpdate: (replicaSet, old, context) => validateReplicaSetUpdate(replicaSet, old, context.allowPrivileged ?? false),
    warnings: (replicaSet, old) => [...(old ? [] : nameWarnings(replicaSet.metadata)), ...(hasNewGeneration(replicaSet, old) ? templateWarnings(replicaSet.spec?.template, TEMPLATE) : [])],
  },
  columns: [
    nameColumn,
    column("Desired", "Pods that are wanted.", (replicaSet) => replicaSet.spec?.replicas ?? 0, integer),
    column("Current", "Pods that are there.", (replicaSet) => replicaSet.status?.replicas ?? 0, integer),
    column("Ready", "Pods that are ready.", (replicaSet) => replicaSet.status?.readyReplicas ?? 0, integer),
    ageColumn,
    ...containerColumns<ReplicaSet>((replicaSet) => replicaSet.spec?.template?.spec),
    column("Selector", "Which pods it owns.", (replicaSet) => selectorText(replicaSet.spec?.selector), { wide: true }),
  ],
});
