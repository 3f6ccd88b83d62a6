import { rfc3339 } from "../../../lib/clock.ts";
import {
  validateCertificateSigningRequest,
  validateCertificateSigningRequestApproval,
  validateCertificateSigningRequestStatusUpdate,
  validateCertificateSigningRequestUpdate,
} from "../../validation/certificates/certificate-signing-request.ts";
import type { CertificateSigningRequest } from "../../wire.ts";
import { ageColumn, column, durationText, NONE, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import type { StrategyContext } from "../kind.ts";
import { restoreField } from "../strategies.ts";

type Request = CertificateSigningRequest;
type Condition = NonNullable<NonNullable<Request["status"]>["conditions"]>[number];

export const certificateSigningRequest = defineKind<Request>({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  plural: "certificatesigningrequests",
  shortNames: ["csr"],
  namespaced: false,
  definition: "io.k8s.api.certificates.v1.CertificateSigningRequest",
  subresources: {
    status: statusSubresource<Request>("CertificateSigningRequest", { prepareForUpdate: prepareStatus, validateUpdate: validateCertificateSigningRequestStatusUpdate }),
    approval: {
      type: "approval",
      kind: "CertificateSigningRequest",
      verbs: ["get", "patch", "update"],
      strategy: { prepareForUpdate: prepareApproval, validateUpdate: validateCertificateSigningRequestApproval },
    },
  },
  selectableFields: { "spec.signerName": ({ spec }) => spec?.signerName ?? "" },
  strategy: {
    prepareForCreate: nameRequestor,
    prepareForUpdate(request, old) {
      restoreField(request, old, "spec");
      restoreField(request, old, "status");
    },
    validate: validateCertificateSigningRequest,
    validateUpdate: validateCertificateSigningRequestUpdate,
  },
  columns: [
    nameColumn,
    ageColumn,
    column("SignerName", "Who is to sign it.", ({ spec }) => spec?.signerName ?? ""),
    column("Requestor", "Who asks.", ({ spec }) => spec?.username ?? ""),
    column("RequestedDuration", "For how long the certificate is asked.", ({ spec }) => (spec?.expirationSeconds === undefined ? NONE : durationText(spec.expirationSeconds * 1000))),
    column("Condition", "What has become of it.", conditionText),
  ],
});

/** Who asks is who sent the request, whatever the body says. */
function nameRequestor(request: Request, { user }: StrategyContext): void {
  const spec = (request.spec ??= { request: "", signerName: "" });
  spec.username = user.name;
  if (user.uid) spec.uid = user.uid;
  else delete spec.uid;
  if (user.groups.length > 0) spec.groups = [...user.groups];
  else delete spec.groups;
  if (user.extra && Object.keys(user.extra).length > 0) spec.extra = Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]]));
  else delete spec.extra;
  if (spec.username === "") delete spec.username;
  request.status = {};
}

/** Of the status, decisions stay as they are while their number does. */
function prepareStatus(request: Request, old: Request, { now_ms }: StrategyContext): void {
  restoreField(request, old, "spec");
  for (const type of ["Approved", "Denied"]) {
    const before = old.status?.conditions?.filter((condition) => condition.type === type) ?? [];
    const now = request.status?.conditions?.filter((condition) => condition.type === type) ?? [];
    if (before.length !== now.length) continue;
    for (const [i, condition] of now.entries()) Object.assign(condition, before[i]);
  }
  fillTimes(request, old, now_ms);
}

/** An approval changes conditions alone. */
function prepareApproval(request: Request, old: Request, { now_ms }: StrategyContext): void {
  fillTimes(request, old, now_ms);
  restoreField(request, old, "spec");
  const conditions = request.status?.conditions;
  request.status = { ...structuredClone(old.status) };
  if (conditions) request.status.conditions = conditions;
  else delete request.status.conditions;
}

/** A condition that does not say since when it holds began to hold when it was first seen so. */
function fillTimes(request: Request, old: Request, now_ms: number): void {
  const now = rfc3339(now_ms);
  for (const condition of request.status?.conditions ?? []) {
    if (!condition.lastUpdateTime) condition.lastUpdateTime = now;
    if (!condition.lastTransitionTime) condition.lastTransitionTime = sinceWhen(condition, old) ?? now;
  }
}

function sinceWhen(condition: Condition, old: Request): string | undefined {
  return old.status?.conditions?.find(({ type, status, lastTransitionTime }) => type === condition.type && status === condition.status && lastTransitionTime)?.lastTransitionTime;
}

function conditionText({ status }: Request): string {
  const has = (type: string) => status?.conditions?.some((condition) => condition.type === type) === true;
  const decision = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  return `${decision}${has("Failed") ? ",Failed" : ""}${status?.certificate ? ",Issued" : ""}`;
}
