import { duplicate, forbidden, invalid, notSupported, required } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { CertificateSigningRequest } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { equalJson } from "../equality.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { certificateFault } from "./certificate.ts";
import { requestFault } from "./certification-request.ts";
import { validateSignerName } from "./signer-name.ts";

type Request = CertificateSigningRequest;
type Condition = NonNullable<NonNullable<Request["status"]>["conditions"]>[number];

const SPEC = fieldPath("spec");
const CONDITIONS = fieldPath("status", "conditions");
const CERTIFICATE = fieldPath("status", "certificate");
const LEGACY_SIGNER = "kubernetes.io/legacy-unknown";
const MIN_EXPIRATION_S = 600;
const statuses = ["True", "False", "Unknown"];
/** These are only ever true, and stay once they are there. */
const lasting = ["Approved", "Denied", "Failed"];
const decisions = ["Approved", "Denied"];
const usages = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];

export function validateCertificateSigningRequest(request: Request): Errors {
  return validate(request, undefined);
}

/** Faults that the object already had when it was stored are no reason to refuse a change of something else. */
function validate(request: Request, old: Request | undefined): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(request.metadata, false, () => [], errors);
  validateSpec(request, errors);
  validateConditions(request, old, errors);
  const { certificate = "" } = request.status ?? {};
  const fault = certificate === "" || certificate === old?.status?.certificate ? undefined : certificateFault(text(certificate));
  if (fault !== undefined) errors.push(invalid(CERTIFICATE, "<certificate data>", fault));
  return errors;
}

function text(base64: string): string {
  return Buffer.from(base64, "base64").toString("latin1");
}

function validateSpec(request: Request, errors: Errors): void {
  const { request: pem, usages: given = [], signerName = "", expirationSeconds }: Partial<Request["spec"]> = request.spec ?? {};
  const fault = requestFault(text(pem ?? ""));
  if (fault !== undefined) errors.push(invalid(SPEC.child("request"), pem || null, fault));
  const path = SPEC.child("usages");
  if (given.length === 0) errors.push(required(path));
  given.forEach((usage, i) => {
    if (!usages.includes(usage)) errors.push(notSupported(path.index(i), usage, usages));
  });
  given.forEach((usage, i) => {
    if (given.indexOf(usage) < i) errors.push(duplicate(path.index(i), usage));
  });
  if (signerName === LEGACY_SIGNER) errors.push(invalid(SPEC.child("signerName"), signerName, "the legacy signerName is not allowed via this API version"));
  else validateSignerName(signerName, SPEC.child("signerName"), errors);
  if (expirationSeconds !== undefined && expirationSeconds < MIN_EXPIRATION_S) {
    errors.push(invalid(SPEC.child("expirationSeconds"), expirationSeconds, `may not specify a duration less than ${MIN_EXPIRATION_S} seconds (10 minutes)`));
  }
}

function validateConditions(request: Request, old: Request | undefined, errors: Errors): void {
  const conditions = request.status?.conditions ?? [];
  const wasBoth = decisions.every((type) => ofType(old, type).length > 0);
  const decided = new Set<string>();
  const seen = new Set<string>();
  conditions.forEach(({ type = "", status = "" }, i) => {
    const path = CONDITIONS.index(i);
    if (type === "") errors.push(required(path.child("type")));
    const allowed = lasting.includes(type) ? ["True"] : statuses;
    if (status === "") errors.push(required(path.child("status")));
    else if (!allowed.includes(status)) errors.push(notSupported(path.child("status"), status, allowed));
    if (decisions.includes(type)) {
      if (!wasBoth && decisions.some((other) => other !== type && decided.has(other))) errors.push(invalid(CONDITIONS, type, "Approved and Denied conditions are mutually exclusive"));
      decided.add(type);
    }
    if (seen.has(type) && ofType(old, type).length < 2) errors.push(duplicate(path.child("type"), type));
    seen.add(type);
  });
}

function ofType(request: Request | undefined, type: string): Condition[] {
  return request?.status?.conditions?.filter((condition) => condition.type === type) ?? [];
}

/** Which parts of the status a write may change. */
interface Permissions {
  readonly certificate: boolean;
  readonly decision: boolean;
}

function validateChange(request: Request, old: Request, may: Permissions): Errors {
  const errors = validate(request, old);
  validateCoreObjectMetaUpdate(request.metadata, old.metadata, errors);
  for (const type of lasting) {
    if (ofType(request, type).length < ofType(old, type).length) errors.push(forbidden(CONDITIONS, `updates may not remove a condition of type "${type}"`));
  }
  if (!may.decision) {
    for (const type of decisions) {
      const [before, now] = [ofType(old, type), ofType(request, type)];
      if (now.length > before.length) errors.push(forbidden(CONDITIONS, `updates may not add a condition of type "${type}"`));
      else if (now.length === before.length && !equalJson(before, now)) errors.push(forbidden(CONDITIONS, `updates may not modify a condition of type "${type}"`));
    }
  }
  const [before, now] = [old.status?.certificate ?? "", request.status?.certificate ?? ""];
  if (now !== before) {
    if (now !== "" && !may.certificate) errors.push(forbidden(CERTIFICATE, "updates may not set certificate content"));
    if (before !== "") errors.push(forbidden(CERTIFICATE, "updates may not modify existing certificate content"));
  }
  return errors;
}

export function validateCertificateSigningRequestUpdate(request: Request, old: Request): Errors {
  return validateChange(request, old, { certificate: false, decision: false });
}

export function validateCertificateSigningRequestStatusUpdate(request: Request, old: Request): Errors {
  return validateChange(request, old, { certificate: true, decision: false });
}

export function validateCertificateSigningRequestApproval(request: Request, old: Request): Errors {
  return validateChange(request, old, { certificate: false, decision: true });
}
