import type { LabelSelector, MutatingAdmissionPolicyBinding, ValidatingAdmissionPolicyBinding } from "../../wire.ts";
import { UNSET } from "../columns.ts";

/** `v1/ConfigMap`, `<unset>` for a policy without parameters. */
export function paramKindText(kind: { apiVersion?: string; kind?: string } | undefined): string {
  return kind === undefined ? UNSET : `${kind.apiVersion ?? ""}/${kind.kind ?? ""}`;
}

function goSelectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.keys(matchLabels).sort().map((key) => `${key}: ${matchLabels[key]},`);
  const requirements = matchExpressions.map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`);
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join("")}},MatchExpressions:[]LabelSelectorRequirement{${requirements.join("")}},}`;
}

/** `namespace/name`, a star for no namespace; a selector as Go prints it; `<unset>` for a binding without parameters. */
export function paramRefText({ spec }: MutatingAdmissionPolicyBinding | ValidatingAdmissionPolicyBinding): string {
  const ref = spec?.paramRef;
  if (ref === undefined) return UNSET;
  if (ref.name) return `${ref.namespace || "*"}/${ref.name}`;
  return ref.selector === undefined ? UNSET : goSelectorText(ref.selector);
}
