import { forbidden, invalid, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Affinity, PodAffinityTerm } from "../../wire.ts";
import { type Errors, invalidEach } from "../common.ts";
import { validateLabelName, validateLabelSelector } from "../labels.ts";
import { dns1123Label } from "../names.ts";
import { validateNodeSelector, validateNodeSelectorTerm } from "./node-selector.ts";

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

/** Where a pod wants to be: by nodes, near other pods, away from them. */
export function validateAffinity(affinity: Affinity, path: FieldPath, errors: Errors): void {
  const node = affinity.nodeAffinity;
  if (node?.[REQUIRED]) validateNodeSelector(node[REQUIRED], path.child("nodeAffinity", REQUIRED), errors);
  node?.[PREFERRED]?.forEach((term, i) => {
    const at = path.child("nodeAffinity", PREFERRED).index(i);
    validateWeight(term.weight, at, errors);
    validateNodeSelectorTerm(term.preference ?? {}, at.child("preference"), errors, true);
  });
  for (const field of ["podAffinity", "podAntiAffinity"] as const) {
    const pods = affinity[field];
    pods?.[REQUIRED]?.forEach((term, i) => {
      validateTerm(term, path.child(field, REQUIRED).index(i), errors);
    });
    pods?.[PREFERRED]?.forEach((weighted, i) => {
      const at = path.child(field, PREFERRED).index(i);
      validateWeight(weighted.weight, at, errors);
      validateTerm(weighted.podAffinityTerm ?? { topologyKey: "" }, at.child("podAffinityTerm"), errors);
    });
  }
}

function validateWeight(weight: number | undefined, path: FieldPath, errors: Errors): void {
  const value = weight ?? 0;
  if (value <= 0 || value > 100) errors.push(invalid(path.child("weight"), value, "must be in the range 1-100"));
}

function validateTerm(term: PodAffinityTerm, path: FieldPath, errors: Errors): void {
  validateLabelSelector(term.labelSelector, path.child("labelSelector"), errors);
  validateLabelSelector(term.namespaceSelector, path.child("namespaceSelector"), errors);
  for (const namespace of term.namespaces ?? []) invalidEach(dns1123Label(namespace), namespace, path.child("namespace"), errors);
  validateLabelKeys(term, path, errors);
  if (!term.topologyKey) errors.push(required(path.child("topologyKey"), "can not be empty"));
  validateLabelName(term.topologyKey, path.child("topologyKey"), errors);
}

function validateLabelKeys(term: PodAffinityTerm, path: FieldPath, errors: Errors): void {
  const match = term.matchLabelKeys ?? [];
  const mismatch = term.mismatchLabelKeys ?? [];
  if (match.length === 0 && mismatch.length === 0) return;
  for (const field of ["matchLabelKeys", "mismatchLabelKeys"] as const) {
    const keys = term[field] ?? [];
    if (keys.length > 0 && !term.labelSelector) errors.push(forbidden(path.child(field), "must not be specified when labelSelector is not set"));
    else keys.forEach((key, i) => {
      validateLabelName(key, path.child(field).index(i), errors);
    });
  }
  // The requirement that the server itself made of a key is in the selector once; a second one came from the client.
  const seen = new Set(Object.keys(term.labelSelector?.matchLabels ?? {}));
  for (const { key } of term.labelSelector?.matchExpressions ?? []) {
    const i = match.lastIndexOf(key);
    if (i >= 0 && seen.has(key)) errors.push(invalid(path.index(i), key, "exists in both matchLabelKeys and labelSelector"));
    seen.add(key);
  }
  match.forEach((key, i) => {
    if (mismatch.includes(key)) errors.push(invalid(path.child("matchLabelKeys").index(i), key, "exists in both matchLabelKeys and mismatchLabelKeys"));
  });
}
