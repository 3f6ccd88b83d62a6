import { readCertificationRequest } from "../../api/certificates/certification-request.ts";
import { forbidden } from "../../api/status/errors.ts";
import type { CertificateSigningRequest } from "../../api/wire.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./admission.ts";

const GROUP = "certificates.k8s.io";
const CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client";
const MASTERS = "system:masters";

/** Who approves or signs needs the verb for the request's signer, and nobody gets a certificate of system:masters this way. */
export function certificateRequests(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "CertificateRequests",
    validate(request) {
      if (request.kind.entry.group !== GROUP || request.kind.entry.kind !== "CertificateSigningRequest" || request.object === undefined) return undefined;
      const object = request.object as CertificateSigningRequest;
      const old = request.oldObject as CertificateSigningRequest | undefined;
      if (request.operation === "CREATE" && request.subresource === "") return refuseMasters(request, object);
      if (request.operation !== "UPDATE" || old === undefined) return undefined;
      if (request.subresource === "approval") return requireVerb(authorizer, request, "approve", old.spec.signerName);
      const signs = request.subresource === "status" && (object.status?.certificate ?? "") !== (old.status?.certificate ?? "");
      return signs ? requireVerb(authorizer, request, "sign", old.spec.signerName) : undefined;
    },
  };
}

/** On this signer, or on all of its domain: `example.com/*`. */
async function requireVerb(authorizer: Authorizer, request: AdmissionRequest, verb: string, signer: string): Promise<void> {
  const domain = `${signer.split("/")[0]}/*`;
  for (const name of [signer, domain]) {
    const decision = await authorizer.authorize({ user: request.user, verb, resourceRequest: true, group: GROUP, version: "*", resource: "signers", subresource: "", namespace: "", name, path: "" });
    if (decision.verdict === "allow") return;
  }
  throw forbidden(request.kind.resource, request.name, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`);
}

function refuseMasters(request: AdmissionRequest, { spec }: CertificateSigningRequest): void {
  if (spec.signerName !== CLIENT_SIGNER) return;
  if (organizations(spec.request).includes(MASTERS)) {
    throw forbidden(request.kind.resource, request.name, `use of ${CLIENT_SIGNER} signer with ${MASTERS} group is not allowed`);
  }
}

/** None where the request cannot be read: validation says so. */
function organizations(request: string): readonly string[] {
  try {
    return readCertificationRequest(Buffer.from(request, "base64").toString("latin1")).organizations;
  } catch {
    return [];
  }
}
