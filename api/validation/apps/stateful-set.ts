import { forbidden, invalid, notSupportedInOrder, required } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { PodTemplateSpec, StatefulSet, Volume } from "../../wire.ts";
import { type Errors, invalidEachAt, nonNegative } from "../common.ts";
import { semanticEqual } from "../equality.ts";
import { countOrPercent, validateAtMostAll, validateIntOrPercent } from "../int-or-percent.ts";
import { internalJson } from "../internal-json.ts";
import { dns1123Label, nameIsDnsLabel } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { validateClaimSpec } from "../persistent-volume-claim-spec.ts";
import { templateMismatch, validateLastingPods, validatePodTemplateSpec, validateTemplateMetadata } from "../pod/pod-template.ts";
import { validateRequiredSelector } from "../workload-selector.ts";
import { atMost, collisionsGrow, nonNegativeCounts } from "./status-counts.ts";

type Spec = NonNullable<StatefulSet["spec"]>;

const SPEC = fieldPath("spec");
const TEMPLATE = SPEC.child("template");
const STRATEGY = SPEC.child("updateStrategy");
const DEFINITION = "io.k8s.api.apps.v1.StatefulSetSpec";

export function validateStatefulSet(statefulSet: StatefulSet, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(statefulSet.metadata, true, nameIsDnsLabel, errors);
  validateSpec(statefulSet.spec ?? ({} as Spec), undefined, allowPrivileged, errors);
  return errors;
}

/** What a client may change of the spec. */
const mutable = ["replicas", "template", "updateStrategy", "minReadySeconds", "ordinals", "persistentVolumeClaimRetentionPolicy", "revisionHistoryLimit"] as const;

export function validateStatefulSetUpdate(statefulSet: StatefulSet, old: StatefulSet, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  const spec = statefulSet.spec ?? ({} as Spec);
  validateCoreObjectMetaUpdate(statefulSet.metadata, old.metadata, errors);
  validateSpec(spec, old.spec, allowPrivileged, errors);
  const kept = { ...spec };
  for (const field of mutable) Object.assign(kept, { [field]: old.spec?.[field] });
  if (!semanticEqual(DEFINITION, kept, old.spec)) {
    errors.push(forbidden(SPEC, "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"));
  }
  return errors;
}

/** `old` is undefined for a new object. */
function validateSpec(spec: Spec, old: Spec | undefined, allowPrivileged: boolean, errors: Errors): void {
  const policy = spec.podManagementPolicy ?? "";
  if (policy === "") errors.push(required(SPEC.child("podManagementPolicy")));
  else if (policy !== "OrderedReady" && policy !== "Parallel") errors.push(invalid(SPEC.child("podManagementPolicy"), policy, "must be 'OrderedReady' or 'Parallel'"));
  validateStrategy(spec.updateStrategy ?? {}, errors);
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  if (retention) for (const field of ["whenDeleted", "whenScaled"] as const) validateRetention(retention[field] ?? "", field, errors);
  if (old === undefined) {
    spec.volumeClaimTemplates?.forEach((claim, i) => {
      validateClaimSpec(claim.spec ?? {}, SPEC.child("volumeClaimTemplates").index(i).child("spec"), errors);
    });
  }
  nonNegative(spec.replicas, SPEC, "replicas", errors);
  nonNegative(spec.minReadySeconds, SPEC, "minReadySeconds", errors);
  nonNegative(spec.ordinals?.start, SPEC, "ordinals.start", errors);
  if (spec.serviceName && spec.serviceName !== old?.serviceName) invalidEachAt(dns1123Label(spec.serviceName), spec.serviceName, SPEC, "serviceName", errors);
  const matcher = validateRequiredSelector(spec.selector, "empty selector is invalid for statefulset", "", SPEC.child("selector"), errors);
  const template = spec.template ?? {};
  if (matcher !== undefined) {
    if (!matcher.everything && !matcher.matches(template.metadata?.labels)) errors.push(templateMismatch(template, TEMPLATE));
    validateTemplate(spec, old, allowPrivileged, errors);
    // Kubernetes looks at labels and annotations twice.
    validateTemplateMetadata(template, TEMPLATE, errors);
  }
  validateLastingPods(template, "StatefulSet", TEMPLATE, errors);
}

/** The template with the claims' volumes. What was accepted before these rules were there may stay. */
function validateTemplate(spec: Spec, old: Spec | undefined, allowPrivileged: boolean, errors: Errors): void {
  const found: Errors = [];
  validatePodTemplateSpec(withClaimVolumes(spec), allowPrivileged, TEMPLATE, found);
  if (found.length === 0) return;
  const before: Errors = [];
  if (old !== undefined) validatePodTemplateSpec(withClaimVolumes(old), allowPrivileged, TEMPLATE, before);
  if (before.length === 0) errors.push(...found);
}

/** Each claim is a volume of every pod, instead of one of the same name. Host names are the controller's affair. */
function withClaimVolumes(spec: Spec): PodTemplateSpec {
  const template = spec.template ?? {};
  const claims = spec.volumeClaimTemplates ?? [];
  if (template.spec === undefined) return template;
  const { hostname: _hostname, subdomain: _subdomain, ...podSpec } = template.spec;
  if (claims.length === 0) return { ...template, spec: podSpec };
  const names = new Set(claims.map((claim) => claim.metadata?.name ?? ""));
  const volumes: Volume[] = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return { ...template, spec: { ...podSpec, volumes: [...volumes, ...(podSpec.volumes ?? []).filter((volume) => !names.has(volume.name))] } };
}

function validateRetention(policy: string, field: string, errors: Errors): void {
  const known = ["Retain", "Delete"];
  if (!known.includes(policy)) errors.push(notSupportedInOrder(SPEC.child("persistentVolumeClaimRetentionPolicy", field), policy, known));
}

function validateStrategy(strategy: NonNullable<Spec["updateStrategy"]>, errors: Errors): void {
  const path = STRATEGY.child("rollingUpdate");
  const rolling = strategy.rollingUpdate;
  if (!strategy.type) errors.push(required(STRATEGY));
  else if (strategy.type === "OnDelete") {
    if (rolling) errors.push(invalid(path, internalJson("io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy", rolling), "only allowed for updateStrategy 'RollingUpdate'"));
  } else if (strategy.type !== "RollingUpdate") {
    errors.push(invalid(STRATEGY, internalJson("io.k8s.api.apps.v1.StatefulSetUpdateStrategy", strategy), "must be 'RollingUpdate' or 'OnDelete'"));
  } else if (rolling) {
    nonNegative(rolling.partition, path, "partition", errors);
    const unavailable = rolling.maxUnavailable;
    if (unavailable === undefined) return;
    const at = path.child("maxUnavailable");
    validateIntOrPercent(unavailable, at, errors);
    if (countOrPercent(unavailable) === 0) errors.push(invalid(at, unavailable, "cannot be 0"));
    validateAtMostAll(unavailable, at, errors);
  }
}

export function validateStatefulSetStatusUpdate(statefulSet: StatefulSet, old: StatefulSet): Errors {
  const errors: Errors = [];
  const status = { ...statefulSet.status };
  nonNegativeCounts(status, ["replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas", "observedGeneration", "collisionCount"], errors);
  atMost(status, ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"], "replicas", "status.replicas", errors);
  atMost(status, ["availableReplicas"], "readyReplicas", "status.readyReplicas", errors);
  validateCoreObjectMetaUpdate(statefulSet.metadata, old.metadata, errors);
  collisionsGrow(status, old.status, errors);
  return errors;
}
