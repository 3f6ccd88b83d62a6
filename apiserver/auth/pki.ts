import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { makeCaCertificate, makePrivateKey, publicKeysFingerprint, signCertificate } from "./certificate.ts";
import { fileOrMake } from "./pki-files.ts";

/** A certificate and its private key, PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** The cluster's keys, PEM. Every server of a cluster has the same ones. */
export interface Pki {
  readonly dir: string;
  readonly ca: KeyPair;
  /** Private key (ECDSA P-256, PKCS #8) that signs ServiceAccount tokens. */
  readonly serviceAccountKey: string;
  /** Signs the certificate that extension servers know the API server by; nobody else's. */
  readonly frontProxyCa: KeyPair;
}

/** Who a client certificate names: user and groups. */
export interface ClientSubject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly uid?: string;
}

const DAY_MS = 24 * 3_600_000;
const CA_LIFETIME_MS = 3650 * DAY_MS;
const LEAF_LIFETIME_MS = 365 * DAY_MS;

/** The keys in `dir` (ca.crt, ca.key, sa.key, front-proxy-ca.crt, front-proxy-ca.key; mode 0600), made where absent. Servers that start on one folder at once agree on one set. */
export async function loadPki(options: { dir: string; clock: Clock; random: Random }): Promise<Pki> {
  const { dir, clock, random } = options;
  const key = await fileOrMake(dir, "ca.key", random, makePrivateKey);
  const certificate = await fileOrMake(dir, "ca.crt", random, () =>
    makeCaCertificate(key, "berth-ca", { now_ms: clock.now_ms(), lifetime_ms: CA_LIFETIME_MS }),
  );
  const serviceAccountKey = await fileOrMake(dir, "sa.key", random, makePrivateKey);
  const frontProxyKey = await fileOrMake(dir, "front-proxy-ca.key", random, makePrivateKey);
  const frontProxyCertificate = await fileOrMake(dir, "front-proxy-ca.crt", random, () =>
    makeCaCertificate(frontProxyKey, "berth-front-proxy-ca", { now_ms: clock.now_ms(), lifetime_ms: CA_LIFETIME_MS }),
  );
  return { dir, ca: { certificate, key }, serviceAccountKey, frontProxyCa: { certificate: frontProxyCertificate, key: frontProxyKey } };
}

/** A fresh client certificate: `commonName` becomes the user, each organization a group. Valid for a year. */
export function issueClientCertificate(pki: Pki, subject: ClientSubject, clock: Clock): Promise<KeyPair> {
  return signCertificate(pki.ca, { ...subject, usages: ["client"] }, { now_ms: clock.now_ms(), lifetime_ms: LEAF_LIFETIME_MS });
}

/** A fresh serving certificate for the hosts (DNS names and IP addresses). Valid for a year. */
export function issueServingCertificate(pki: Pki, subject: ClientSubject & { hosts: readonly string[] }, clock: Clock): Promise<KeyPair> {
  return signCertificate(pki.ca, { ...subject, usages: ["server"] }, { now_ms: clock.now_ms(), lifetime_ms: LEAF_LIFETIME_MS });
}

/** What the API server shows to extension servers: a client certificate of an authority of its own, so that no other certificate of the cluster is taken for it. */
export function issueFrontProxyCertificate(pki: Pki, commonName: string, clock: Clock): Promise<KeyPair> {
  return signCertificate(pki.frontProxyCa, { commonName, usages: ["client"] }, { now_ms: clock.now_ms(), lifetime_ms: LEAF_LIFETIME_MS });
}

/** The administrator's client certificate (group system:masters). */
export function issueAdminCertificate(pki: Pki, clock: Clock): Promise<KeyPair> {
  return issueClientCertificate(pki, { commonName: "admin", organizations: ["system:masters"], uid: "1" }, clock);
}

/** A node's client certificate (`system:node:NAME`, group system:nodes). */
export function issueNodeClientCertificate(pki: Pki, nodeName: string, clock: Clock): Promise<KeyPair> {
  return issueClientCertificate(pki, { commonName: `system:node:${nodeName}`, organizations: ["system:nodes"] }, clock);
}

/** The certificate that a node's agent serves logs and exec with. */
export function issueNodeServingCertificate(pki: Pki, nodeName: string, hosts: readonly string[], clock: Clock): Promise<KeyPair> {
  return issueServingCertificate(pki, { commonName: `system:node:${nodeName}`, organizations: ["system:nodes"], hosts: [nodeName, ...hosts] }, clock);
}

/** What tells one cluster's keys from another's: SHA-256 of the public keys, hex. */
export function pkiFingerprint(pki: Pki): string {
  return publicKeysFingerprint(pki.ca.certificate, [pki.serviceAccountKey]);
}
