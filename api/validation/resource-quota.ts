import { invalid, required } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import type { ResourceQuota } from "../wire.ts";
import { type Errors, immutable } from "./common.ts";
import { internalJson } from "./internal-json.ts";
import { nameIsDnsSubdomain } from "./names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "./object-meta.ts";
import { isStandardQuotaResource, type ResourceList, validateQuotaResourceName, validateResourceQuantity } from "./resources.ts";

type Spec = NonNullable<ResourceQuota["spec"]>;

const SPEC = fieldPath("spec");
const STATUS = fieldPath("status");
const existenceScopes = ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"];
const scopes = [...existenceScopes, "PriorityClass", "VolumeAttributesClass"];
const podCompute = new Set(["pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"]);
const conflicting = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
] as const;
const EXIST_TEXT =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

export function validateResourceQuota(quota: ResourceQuota): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(quota.metadata, true, nameIsDnsSubdomain, errors);
  validateSpec(quota.spec ?? {}, errors);
  validateAmounts(quota.status?.hard, STATUS.child("hard"), errors);
  validateAmounts(quota.status?.used, STATUS.child("used"), errors);
  return errors;
}

function validateAmounts(list: ResourceList | undefined, path: FieldPath, errors: Errors): void {
  for (const name of Object.keys(list ?? {}).sort()) {
    validateQuotaResourceName(name, path.key(name), errors);
    validateResourceQuantity(name, list?.[name] ?? "0", path.key(name), errors);
  }
}

function scopeFits(scope: string, resource: string): boolean {
  if (scope === "BestEffort") return resource === "pods";
  if (scope === "VolumeAttributesClass") return resource === "persistentvolumeclaims" || resource === "requests.storage";
  return !scopes.includes(scope) || podCompute.has(resource);
}

function validateSpec(spec: Spec, errors: Errors): void {
  const limited = Object.keys(spec.hard ?? {}).sort().filter(isStandardQuotaResource);
  validateAmounts(spec.hard, SPEC.child("hard"), errors);
  if (spec.scopes?.length) {
    const path = SPEC.child("scopes");
    for (const scope of spec.scopes) {
      if (!scopes.includes(scope)) errors.push(invalid(path, spec.scopes, "unsupported scope"));
      for (const name of limited) if (!scopeFits(scope, name)) errors.push(invalid(path, spec.scopes, "unsupported scope applied to resource"));
    }
    validateConflicts(spec.scopes, spec.scopes, path, errors);
  }
  if (spec.scopeSelector) validateScopeSelector(spec, limited, SPEC.child("scopeSelector", "matchExpressions"), errors);
}

function validateConflicts(chosen: readonly string[], shown: unknown, path: FieldPath, errors: Errors): void {
  for (const [a, b] of conflicting) if (chosen.includes(a) && chosen.includes(b)) errors.push(invalid(path, shown, "conflicting scopes"));
}

function validateScopeSelector(spec: Spec, limited: readonly string[], path: FieldPath, errors: Errors): void {
  const expressions = spec.scopeSelector?.matchExpressions ?? [];
  for (const { scopeName: scope, operator, values } of expressions) {
    if (!scopes.includes(scope)) errors.push(invalid(path.child("scopeName"), scope ?? "", "unsupported scope"));
    for (const name of limited) {
      if (!scopeFits(scope, name)) errors.push(invalid(path, internalJson("io.k8s.api.core.v1.ScopeSelector", spec.scopeSelector), "unsupported scope applied to resource"));
    }
    if (existenceScopes.includes(scope) && operator !== "Exists") errors.push(invalid(path.child("operator"), operator ?? "", EXIST_TEXT));
    if (operator === "In" || operator === "NotIn") {
      if (!values?.length) errors.push(required(path.child("values"), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"));
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values?.length) errors.push(invalid(path.child("values"), values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"));
    } else errors.push(invalid(path.child("operator"), operator ?? "", "not a valid selector operator"));
  }
  validateConflicts(expressions.map((expression) => expression.scopeName), spec.scopes ?? null, path, errors);
}

export function validateResourceQuotaUpdate(quota: ResourceQuota, old: ResourceQuota): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(quota.metadata, old.metadata, errors);
  validateSpec(quota.spec ?? {}, errors);
  const sorted = (list: readonly string[] | undefined) => [...new Set(list)].sort().join();
  immutable(sorted(quota.spec?.scopes) === sorted(old.spec?.scopes), quota.spec?.scopes, SPEC.child("scopes"), errors);
  return errors;
}

export function validateResourceQuotaStatusUpdate(quota: ResourceQuota, old: ResourceQuota): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(quota.metadata, old.metadata, errors);
  if (!quota.metadata.resourceVersion) errors.push(required("resourceVersion"));
  validateAmounts(quota.status?.hard, STATUS.child("hard"), errors);
  validateAmounts(quota.status?.used, STATUS.child("used"), errors);
  return errors;
}
