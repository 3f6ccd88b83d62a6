import { defaultStatefulSet } from "../../defaults/workload.ts";
import { fieldPath } from "../../status/field-path.ts";
import { validateStatefulSet, validateStatefulSetStatusUpdate, validateStatefulSetUpdate } from "../../validation/apps/stateful-set.ts";
import { claimSpecWarnings, templateWarnings } from "../../validation/pod/warnings.ts";
import type { StatefulSet } from "../../wire.ts";
import { ageColumn, column, containerColumns, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { Strategy } from "../kind.ts";
import { statusOnly } from "../strategies.ts";
import { hasNewGeneration, scaleSubresource, templated } from "../templated.ts";

const SPEC = fieldPath("spec");
const prepare = templated<StatefulSet>("io.k8s.api.apps.v1.StatefulSetSpec", (statefulSet) => statefulSet.spec?.template);

/** The default feature gates of Kubernetes leave this field out. */
function dropMaxUnavailable(statefulSet: StatefulSet): void {
  if (statefulSet.spec?.updateStrategy?.rollingUpdate) delete statefulSet.spec.updateStrategy.rollingUpdate.maxUnavailable;
}

const strategy: Strategy<StatefulSet> = {
  applyDefaults: defaultStatefulSet,
  prepareForCreate(statefulSet, context) {
    prepare.prepareForCreate(statefulSet, context);
    dropMaxUnavailable(statefulSet);
  },
  prepareForUpdate(statefulSet, old, context) {
    dropMaxUnavailable(statefulSet);
    prepare.prepareForUpdate(statefulSet, old, context);
  },
  validate: (statefulSet, context) => validateStatefulSet(statefulSet, context.allowPrivileged ?? false),
  validateUpdate: (statefulSet, old, context) => validateStatefulSetUpdate(statefulSet, old, context.allowPrivileged ?? false),
  warnings(statefulSet, old) {
    const spec = statefulSet.spec;
    const warnings = hasNewGeneration(statefulSet, old) ? templateWarnings(spec?.template, SPEC.child("template")) : [];
    spec?.volumeClaimTemplates?.forEach((claim, i) => {
      const path = SPEC.child("volumeClaimTemplates").index(i);
      claimSpecWarnings(claim.spec, old ? path.child("Spec") : path, warnings);
    });
    if ((spec?.revisionHistoryLimit ?? 0) < 0) warnings.push("spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended");
    return warnings;
  },
};

export const statefulSet = defineKind<StatefulSet>({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  plural: "statefulsets",
  shortNames: ["sts"],
  categories: ["all"],
  namespaced: true,
  definition: "io.k8s.api.apps.v1.StatefulSet",
  subresources: {
    scale: scaleSubresource<StatefulSet>(),
    status: statusSubresource("StatefulSet", { ...statusOnly<StatefulSet>(), validateUpdate: validateStatefulSetStatusUpdate }),
  },
  strategy,
  columns: [
    nameColumn,
    column("Ready", "Ready pods of those wanted.", (statefulSet) => `${statefulSet.status?.readyReplicas ?? 0}/${statefulSet.spec?.replicas ?? 0}`),
    ageColumn,
    ...containerColumns<StatefulSet>((statefulSet) => statefulSet.spec?.template.spec),
  ],
});
