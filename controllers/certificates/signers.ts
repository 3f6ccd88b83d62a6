import { type CertificationRequest, readCertificationRequest } from "../../api/certificates/certification-request.ts";
import type { CertificateSigningRequest } from "../../api/wire.ts";

const NODES = "system:nodes";
const NODE_PREFIX = "system:node:";
const YEAR_MS = 365 * 24 * 3_600_000;

/** What a signer asks of a request; the text says what is wrong with it. */
type Rule = (request: CertificationRequest, usages: readonly string[]) => string | undefined;

/** Kubernetes' own signers, whose certificates the cluster's CA signs. Others (cert-manager's and such) have controllers of their own. */
const RULES: Readonly<Record<string, Rule>> = {
  "kubernetes.io/kube-apiserver-client": (_request, usages) => wrongUsages(usages, ["client auth"], ["digital signature", "key encipherment"]),
  "kubernetes.io/kube-apiserver-client-kubelet": (request, usages) => wrongNode(request) ?? (altogether(request) > 0 ? "the request has alternative names" : undefined) ?? wrongUsages(usages, ["client auth", "digital signature"], ["key encipherment"]),
  "kubernetes.io/kubelet-serving": (request, usages) => wrongNode(request) ?? wrongServingNames(request) ?? wrongUsages(usages, ["server auth", "digital signature"], ["key encipherment"]),
};

export function isOwnSigner(signerName: string): boolean {
  return Object.hasOwn(RULES, signerName);
}

/** Why the request's signer signs no such thing; undefined where it does. */
export function refusal({ spec }: CertificateSigningRequest): string | undefined {
  let request: CertificationRequest;
  try {
    request = readCertificationRequest(requestPem(spec.request));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return RULES[spec.signerName]?.(request, spec.usages ?? []);
}

export function requestPem(base64: string): string {
  return Buffer.from(base64, "base64").toString("latin1");
}

/** What was asked for, at most a year. */
export function lifetime_ms({ spec }: CertificateSigningRequest): number {
  return Math.min(spec.expirationSeconds === undefined ? YEAR_MS : spec.expirationSeconds * 1000, YEAR_MS);
}

function wrongUsages(usages: readonly string[], needed: readonly string[], allowed: readonly string[]): string | undefined {
  const right = needed.every((usage) => usages.includes(usage)) && usages.every((usage) => needed.includes(usage) || allowed.includes(usage));
  return right ? undefined : `usages must be ${needed.join(", ")}, and may be ${allowed.join(", ")}`;
}

function wrongNode({ commonName, organizations }: CertificationRequest): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== NODES) return `organization must be ${NODES} alone`;
  return commonName.startsWith(NODE_PREFIX) ? undefined : `common name must begin with ${NODE_PREFIX}`;
}

function wrongServingNames({ counts }: CertificationRequest): string | undefined {
  if (counts.dns + counts.ip === 0) return "the request has no DNS name and no IP address";
  return counts.email + counts.uri > 0 ? "the request has alternative names that are neither DNS names nor IP addresses" : undefined;
}

function altogether({ counts }: CertificationRequest): number {
  return counts.dns + counts.ip + counts.email + counts.uri;
}
