import { duplicate, forbidden, internal, invalid, required } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import type { Node } from "../wire.ts";
import { type Errors, invalidEach } from "./common.ts";
import { internalJson } from "./internal-json.ts";
import { isDualStack, parseCidr, validateLegacyCidr } from "./ip.ts";
import { goQuote } from "../status/go-text.ts";
import { byteLength, configMapKey, nameIsDnsLabel, nameIsDnsSubdomain } from "./names.ts";
import { METADATA, validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "./object-meta.ts";
import { validateTaints } from "./pod/scheduling.ts";
import { validateResourceQuantity } from "./resources.ts";

const POD_CIDRS = fieldPath("spec", "podCIDRs");
const POD_CIDR_CHANGED_TEXT = 'node updates may not change podCIDR except from "" to valid';

export function validateNode(node: Node, old?: Node): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(node.metadata, false, nameIsDnsSubdomain, errors);
  if (node.spec?.taints) validateTaints(node.spec.taints, METADATA.child("taints"), errors);
  validateAmounts(node, errors);
  validateDeclaredFeatures(node.status?.declaredFeatures ?? [], errors);
  if (node.spec?.podCIDRs) validatePodCidrs(node.spec.podCIDRs, old?.spec?.podCIDRs, errors);
  return errors;
}

/** Kubernetes writes these paths with dots, not brackets. */
function validateAmounts(node: Node, errors: Errors): void {
  for (const list of ["capacity", "allocatable"] as const) {
    const amounts = node.status?.[list];
    for (const name in amounts) validateResourceQuantity(name, amounts[name] ?? "0", fieldPath("status", list, name), errors);
  }
}

const FEATURE = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/;
const FEATURE_TEXT = "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes";

/** KEP-5328: names of what a node's agent can do, in order. */
function validateDeclaredFeatures(features: readonly string[], errors: Errors): void {
  const path = fieldPath("status", "declaredFeatures");
  features.forEach((feature, i) => {
    const fault = byteLength(feature) > 253 ? "must be no more than 253 characters" : FEATURE.test(feature) ? undefined : FEATURE_TEXT;
    if (fault !== undefined) errors.push(invalid(path.index(i), feature, `invalid feature name ${goQuote(feature)}: ${fault}`));
    const next = features[i + 1];
    if (next === feature) errors.push(duplicate(path.index(i + 1), next));
    else if (next !== undefined && feature > next) errors.push(invalid(path.index(i + 1), next, "list must be sorted alphabetically"));
  });
}

function validatePodCidrs(cidrs: readonly string[], oldCidrs: readonly string[] | undefined, errors: Errors): void {
  cidrs.forEach((cidr, i) => {
    validateLegacyCidr(cidr, POD_CIDRS.index(i), errors, oldCidrs);
  });
  if (cidrs.length < 2) return;
  const parsed = cidrs.map(parseCidr);
  const bad = parsed.indexOf(undefined);
  if (bad >= 0) errors.push(internal(POD_CIDRS, `invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[${bad}]: <nil> (invalid CIDR address: ${cidrs[bad]})`));
  if (bad >= 0 || cidrs.length > 2 || !isDualStack(parsed.map((cidr) => cidr?.address))) errors.push(invalid(POD_CIDRS, cidrs, "may specify no more than one CIDR for each IP family"));
}

/** What neither the node itself nor anybody else may change: its range of addresses and its identity at the provider. */
export function validateNodeStatusUpdate(node: Node, old: Node): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(node.metadata, old.metadata, errors);
  validateAmounts(node, errors);
  validateDeclaredFeatures(node.status?.declaredFeatures ?? [], errors);
  const seen = new Set<string>();
  node.status?.addresses?.forEach((address, i) => {
    const key = `${address.type} ${address.address}`;
    if (seen.has(key)) errors.push(duplicate(fieldPath("status", "addresses").index(i), internalJson("io.k8s.api.core.v1.NodeAddress", address)));
    seen.add(key);
  });
  const before = old.spec?.podCIDRs ?? [];
  const now = node.spec?.podCIDRs ?? [];
  if (before.length > 0 && before.length !== now.length) errors.push(forbidden(POD_CIDRS, POD_CIDR_CHANGED_TEXT));
  else before.forEach((cidr, i) => {
    cidr !== now[i] && errors.push(forbidden(POD_CIDRS, POD_CIDR_CHANGED_TEXT));
  });
  if (old.spec?.providerID && old.spec.providerID !== node.spec?.providerID) errors.push(forbidden(fieldPath("spec", "providerID"), 'node updates may not change providerID except from "" to valid'));
  if (node.spec?.configSource) validateConfigSource(node.spec.configSource, fieldPath("spec", "configSource"), false, errors);
  for (const field of ["assigned", "active", "lastKnownGood"] as const) {
    const source = node.status?.config?.[field];
    if (source) validateConfigSource(source, fieldPath("status", "config", field), true, errors);
  }
  if (node.spec?.taints) validateTaints(node.spec.taints, METADATA.child("taints"), errors);
  if ((node.spec?.externalID ?? "") !== (old.spec?.externalID ?? "")) errors.push(forbidden(fieldPath("spec", "externalID"), "may not be updated"));
  return errors;
}

export function validateNodeUpdate(node: Node, old: Node): Errors {
  return [...validateNode(node, old), ...validateNodeStatusUpdate(node, old)];
}

type ConfigSource = NonNullable<NonNullable<Node["spec"]>["configSource"]>;

/** Where a node's configuration once came from; nothing reads it any more. */
function validateConfigSource(source: ConfigSource, path: FieldPath, isStatus: boolean, errors: Errors): void {
  const map = source.configMap;
  if (!map) {
    errors.push(invalid(path, internalJson("io.k8s.api.core.v1.NodeConfigSource", source), "exactly one reference subfield must be non-nil"));
    return;
  }
  const at = path.child("configMap");
  for (const field of ["uid", "resourceVersion"] as const) {
    if (isStatus && !map[field]) errors.push(required(at.child(field), `${field} must be set in status`));
    if (!isStatus && map[field]) errors.push(forbidden(at.child(field), `${field} must not be set in spec`));
  }
  if (!map.namespace) errors.push(required(at.child("namespace"), "namespace must be set"));
  else invalidEach(nameIsDnsLabel(map.namespace, false), map.namespace, at.child("namespace"), errors);
  if (!map.name) errors.push(required(at.child("name"), "name must be set"));
  else invalidEach(nameIsDnsSubdomain(map.name, false), map.name, at.child("name"), errors);
  if (!map.kubeletConfigKey) errors.push(required(at.child("kubeletConfigKey"), "kubeletConfigKey must be set"));
  else invalidEach(configMapKey(map.kubeletConfigKey), map.kubeletConfigKey, at.child("kubeletConfigKey"), errors);
}
