import type { MutatingAdmissionPolicyBinding, ValidatingAdmissionPolicyBinding } from "../../wire.ts";
import { UNSET } from "../columns.ts";

/** `v1/ConfigMap`, `<unset>` for a policy without parameters. */
export function paramKindText(kind: { apiVersion?: string; kind?: string } | undefined): string {
  return kind === undefined ? UNSET : `${kind.apiVersion ?? ""}/${kind.kind ?? ""}`;
}

/** `namespace/name`, `<unset>` for a binding without parameters. */
export function paramRefText({ spec }: MutatingAdmissionPolicyBinding | ValidatingAdmissionPolicyBinding): string {
  const ref = spec?.paramRef;
  if (ref === undefined) return UNSET;
  return ref.namespace ? `${ref.namespace}/${ref.name ?? ""}` : (ref.name ?? "");
}
