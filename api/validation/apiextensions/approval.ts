import { invalid, required } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { CustomResourceDefinition } from "../../wire.ts";
import type { Errors } from "../common.ts";

const ANNOTATION = "api-approved.kubernetes.io";
const PULL = "https://github.com/kubernetes/enhancements/pull/1111";

/** Whether a group of Kubernetes' own community may have this definition, and why. */
export interface Approval {
  readonly state: "approved" | "bypassed" | "missing" | "invalid";
  readonly reason: string;
}

/** Groups below k8s.io and kubernetes.io belong to Kubernetes' community: definitions in them say who approved them. */
export function isProtectedGroup(group: string): boolean {
  return ["k8s.io", "kubernetes.io"].some((domain) => group === domain || group.endsWith(`.${domain}`));
}

/** What the annotation `api-approved.kubernetes.io` says. */
export function approvalOf(definition: CustomResourceDefinition): Approval {
  const value = definition.metadata.annotations?.[ANNOTATION] ?? "";
  if (value === "") return { state: "missing", reason: `protected groups must have approval annotation "${ANNOTATION}", see ${PULL}` };
  if (value.startsWith("unapproved")) return { state: "bypassed", reason: `not approved: ${JSON.stringify(value)}` };
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#\s]+/.test(value)) return { state: "approved", reason: `approved in ${value}` };
  return { state: "invalid", reason: `protected groups must have approval annotation "${ANNOTATION}" with either a URL or a reason starting with "unapproved", see ${PULL}` };
}

/** @param old the definition before; one whose state stays as it was is never refused */
export function validateApproval(definition: CustomResourceDefinition, old: CustomResourceDefinition | undefined, errors: Errors): void {
  if (!isProtectedGroup(definition.spec?.group ?? "")) return;
  const { state, reason } = approvalOf(definition);
  if (state === "approved" || state === "bypassed" || (old !== undefined && approvalOf(old).state === state)) return;
  const path = fieldPath("metadata", "annotations").key(ANNOTATION);
  errors.push(state === "missing" ? required(path, reason) : invalid(path, definition.metadata.annotations?.[ANNOTATION] ?? "", reason));
}
